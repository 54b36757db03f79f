"""What the town's company can do: skills, and kinds of work under their types."""

from __future__ import annotations

from dataclasses import dataclass

from dispatch.demo.rows import Ref, Row

SKILLS = {
    "hvac": ("Air conditioning", "制冷空调"),
    "electric": ("Electrics", "电气"),
    "plumbing": ("Plumbing", "给排水"),
    "lift": ("Lifts", "电梯"),
    "network": ("Networks", "网络弱电"),
    "access": ("Doors and gates", "门禁与自动门"),
    "fire": ("Fire alarm", "消防报警"),
    "pump": ("Pumps", "水泵"),
    "kitchen": ("Kitchen equipment", "商用厨房设备"),
    "boiler": ("Boilers", "锅炉供热"),
}
"""English and Chinese names by code."""


@dataclass(frozen=True)
class Family:
    """A type of work: its share of all work, limits [minutes], and the devices it is about.

    `devices` are (Chinese name, model) of an invented maker.
    """

    code: str
    en: str
    zh: str
    weight: int
    response_minutes: int
    resolution_minutes: int
    devices: tuple[tuple[str, str], ...]


FAMILIES = (
    Family("hvac", "Air conditioning", "空调制冷", 21, 240, 2880,
           (("冷水机组", "澄风 CF-1200"), ("多联机", "澄风 VR-16"), ("风柜", "澄风 AH-40"),
            ("冷库机组", "霜石 LK-8"))),
    Family("electric", "Electrics", "电气", 15, 240, 2880,
           (("低压配电柜", "烁源 GD-400"), ("照明配电箱", "烁源 PX-63"), ("充电桩", "烁源 CZ-7"))),
    Family("plumbing", "Plumbing", "给排水", 13, 480, 4320,
           (("生活给水管网", "润通 GS-100"), ("热水器", "润通 RS-300"), ("污水提升器", "润通 TS-2"))),
    Family("lift", "Lifts", "电梯", 11, 60, 1440,
           (("客梯", "登云 K-1000"), ("货梯", "登云 H-3000"), ("自动扶梯", "登云 F-35"))),
    Family("network", "Networks", "网络弱电", 9, 480, 2880,
           (("核心交换机", "汇联 S-48"), ("监控主机", "汇联 NV-64"), ("无线控制器", "汇联 AC-200"))),
    Family("access", "Doors and gates", "门禁自动门", 9, 480, 4320,
           (("自动平移门", "启扉 PD-15"), ("道闸", "启扉 DZ-6"), ("门禁控制器", "启扉 MJ-4"))),
    Family("fire", "Fire protection", "消防", 8, 120, 1440,
           (("火灾报警控制器", "安烽 BJ-9"), ("气体灭火装置", "安烽 QT-2"))),
    Family("pump", "Pumps", "水泵", 6, 240, 2880,
           (("变频供水泵组", "恒澜 BP-32"), ("循环水泵", "恒澜 XH-80"))),
    Family("kitchen", "Kitchen equipment", "商用厨房设备", 5, 480, 2880,
           (("揭盖式洗碗机", "炊匠 XW-60"), ("万能蒸烤箱", "炊匠 ZK-10"), ("商用制冰机", "炊匠 ZB-120"))),
    Family("boiler", "Boilers", "锅炉供热", 3, 120, 1440,
           (("燃气热水锅炉", "暖川 RQ-700"), ("换热机组", "暖川 HR-350"))),
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A kind of work under a type.

    Attributes
    ----------
    weight : int
        Its share among the kinds of its type.
    minutes : int
        How long it usually takes.
    skills : str
        Codes with least levels, such as ``hvac3 electric2``.
    parts : str
        Numbers of parts with quantities it may need, such as ``AC-01x2``.
    part_percent : int
        How often it needs them.
    complaints : tuple of str
        What customers say, as titles of orders.
    """

    family: str
    code: str
    en: str
    zh: str
    weight: int
    minutes: int
    priority: str
    skills: str
    parts: str
    part_percent: int
    complaints: tuple[str, ...]

    @property
    def levels(self) -> dict[str, int]:
        """Least level by skill."""
        return {word[:-1]: int(word[-1]) for word in self.skills.split()}

    @property
    def quantities(self) -> dict[str, int]:
        """Pieces by part number."""
        return {number: int(n) for number, _, n in (word.partition("x") for word in self.parts.split())}

    @property
    def ref(self) -> Ref:
        """The kind as a category."""
        return Ref("categories", f"{self.family}/{self.code}")


KINDS = (
    Kind("hvac", "no-cooling", "No cooling", "不制冷", 5, 45, "high", "hvac3", "AC-01x1 AC-03x1", 35,
         ("空调不制冷，室温降不下来", "机组报低压故障", "会议区空调只出风不制冷")),
    Kind("hvac", "noise-leak", "Noise or dripping", "异响漏水", 4, 35, "normal", "hvac2", "AC-02x1", 20,
         ("风机盘管漏水，天花板渗水", "室内机异响严重", "空调滴水")),
    Kind("hvac", "service", "Seasonal service", "季度保养", 4, 60, "low", "hvac1", "AC-05x2", 60,
         ("空调季度保养", "更换滤网并清洗蒸发器")),
    Kind("hvac", "chiller-control", "Chiller control fault", "机组控制故障", 1, 70, "high", "hvac4 electric2",
         "AC-04x1", 40, ("冷水机组控制柜跳闸", "机组频繁启停，控制板报警")),
    Kind("hvac", "cold-room", "Cold room warm", "冷库升温", 1, 60, "urgent", "hvac4", "AC-06x1", 40,
         ("冷库温度升至零上，货品有风险", "冷库化霜后无法降温")),
    Kind("electric", "trip", "Circuit trips", "线路跳闸", 5, 35, "high", "electric2", "EL-01x1", 40,
         ("空气开关频繁跳闸", "部分楼层停电", "插座回路一用就跳")),
    Kind("electric", "lighting", "Lighting", "照明维修", 4, 30, "normal", "electric1", "EL-02x4", 70,
         ("走廊照明不亮", "地下车库灯具批量损坏", "应急灯不亮")),
    Kind("electric", "charger", "Charging point", "充电桩故障", 2, 45, "normal", "electric3 network1",
         "EL-04x1", 30, ("充电桩离线，无法启动充电", "充电枪无法插入识别")),
    Kind("electric", "inspection", "Board inspection", "配电巡检", 2, 70, "low", "electric3", "", 0,
         ("配电房月度巡检", "配电柜红外测温")),
    Kind("plumbing", "leak", "Leak", "管道漏水", 5, 45, "high", "plumbing2", "PL-01x1 PL-02x1", 45,
         ("给水管接头漏水", "卫生间顶板渗水", "管井立管漏水")),
    Kind("plumbing", "blocked", "Blocked drain", "排水堵塞", 4, 40, "normal", "plumbing1", "", 0,
         ("地漏返水", "后厨排水堵塞", "洗手盆下水慢")),
    Kind("plumbing", "hot-water", "No hot water", "无热水", 2, 45, "normal", "plumbing2 electric1",
         "PL-05x1", 40, ("淋浴间没有热水", "热水器不加热")),
    Kind("lift", "trapped", "Stopped lift", "电梯停梯", 2, 45, "urgent", "lift4", "LF-01x1", 30,
         ("电梯停在两层之间，人员已安抚", "电梯故障停运")),
    Kind("lift", "door", "Door fault", "电梯门故障", 4, 40, "high", "lift3", "LF-02x1", 40,
         ("电梯门反复开关", "轿门关不严，报门锁故障")),
    Kind("lift", "service", "Half-month service", "半月维保", 6, 45, "normal", "lift2", "LF-05x1", 25,
         ("电梯半月维保", "扶梯半月维保")),
    Kind("lift", "panel", "Control panel", "控制柜检修", 1, 85, "normal", "lift4 electric3", "LF-04x1", 50,
         ("电梯控制柜主板报码", "平层不准，需调控制柜")),
    Kind("network", "down", "Network down", "网络中断", 4, 40, "high", "network3", "NW-01x1", 30,
         ("前台收银网络中断", "整层办公网络不通")),
    Kind("network", "camera", "Camera", "监控掉线", 4, 35, "normal", "network2", "NW-03x1", 50,
         ("出入口摄像头掉线", "监控录像丢失")),
    Kind("network", "wifi", "Wi-Fi coverage", "无线覆盖", 2, 60, "low", "network3", "NW-02x2", 60,
         ("会议室无线信号弱", "新增无线接入点")),
    Kind("access", "auto-door", "Automatic door", "自动门故障", 4, 45, "normal", "access2", "AD-01x1", 40,
         ("自动门不感应", "自动门夹人，需检查光幕")),
    Kind("access", "barrier", "Car park barrier", "道闸故障", 3, 35, "normal", "access2 network1",
         "AD-03x1", 35, ("停车场道闸不抬杆", "车牌识别失灵")),
    Kind("access", "card", "Door access", "门禁失效", 3, 30, "normal", "access1", "AD-02x1", 40,
         ("门禁刷卡无反应", "人脸门禁离线")),
    Kind("fire", "false-alarm", "False alarm", "误报", 4, 40, "high", "fire3", "FR-01x2", 55,
         ("烟感反复误报", "报警主机屏蔽点过多")),
    Kind("fire", "inspection", "Monthly test", "月度检测", 4, 70, "normal", "fire2", "", 0,
         ("消防系统月度检测", "喷淋末端试水")),
    Kind("fire", "fire-pump", "Fire pump", "消防泵故障", 1, 70, "urgent", "fire3 pump3", "FR-04x1", 40,
         ("消防泵自动无法启动", "消防稳压泵频繁启停")),
    Kind("pump", "pressure", "Low pressure", "供水压力低", 4, 55, "high", "pump3", "PU-01x1", 40,
         ("高区水压不足", "变频泵报过流")),
    Kind("pump", "seal", "Seal leaking", "机封漏水", 3, 60, "normal", "pump2", "PU-02x1", 80,
         ("循环泵机封漏水", "水泵轴端滴漏")),
    Kind("kitchen", "dishwasher", "Dishwasher", "洗碗机故障", 3, 45, "normal", "kitchen2", "KT-01x1", 45,
         ("洗碗机不进水", "洗碗机水温不够")),
    Kind("kitchen", "oven", "Steam oven", "蒸烤箱故障", 2, 55, "high", "kitchen3 electric1", "KT-03x1", 45,
         ("蒸烤箱不加热", "蒸烤箱门封漏汽")),
    Kind("kitchen", "ice", "Ice maker", "制冰机故障", 2, 45, "normal", "kitchen2 hvac1", "KT-05x1", 35,
         ("制冰机不出冰", "制冰量明显下降")),
    Kind("boiler", "no-heat", "No heat", "不供热", 3, 60, "urgent", "boiler3", "BO-01x1", 35,
         ("锅炉点火失败", "换热站供水温度低")),
    Kind("boiler", "service", "Burner service", "燃烧器保养", 2, 80, "low", "boiler3", "BO-03x1", 60,
         ("燃烧器年度保养", "锅炉安全阀校验")),
    Kind("boiler", "refit", "Low-nitrogen refit", "低氮改造", 1, 140, "normal", "boiler5", "", 0,
         ("锅炉低氮燃烧改造勘查",)),
)  # fmt: skip


def skill_rows() -> list[Row]:
    """Return the skills."""
    return [{"code": code, "name_en": en, "name_zh": zh} for code, (en, zh) in SKILLS.items()]


def category_rows() -> list[Row]:
    """Return the types of work, then the kinds under them."""
    types = [
        {
            "code": family.code,
            "name_en": family.en,
            "name_zh": family.zh,
            "default_priority": "normal",
            "duration_s": 3600,
            "response_minutes": family.response_minutes,
            "resolution_minutes": family.resolution_minutes,
        }
        for family in FAMILIES
    ]
    kinds = [
        {
            "_key": kind.ref.key,
            "parent_id": Ref("categories", kind.family),
            "code": kind.code,
            "name_en": kind.en,
            "name_zh": kind.zh,
            "default_priority": kind.priority,
            "duration_s": kind.minutes * 60,
            "skills": [
                {"skill_id": Ref("skills", code), "level": level} for code, level in kind.levels.items()
            ],
        }
        for kind in KINDS
    ]
    return types + kinds

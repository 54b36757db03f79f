"""The parts the town's company uses."""

from __future__ import annotations

from dispatch.demo.kinds import SKILLS
from dispatch.demo.rows import Row

_PARTS = """
AC-01 制冷剂R410A钢瓶10kg|Refrigerant R410A, 10 kg|68000
AC-02 排水泵|Condensate pump|15500
AC-03 四通阀|Reversing valve|23000
AC-04 机组主控板|Chiller main board|186000
AC-05 空气滤网|Air filter|3200
AC-06 膨胀阀|Expansion valve|41000
EL-01 断路器63A|Circuit breaker 63 A|8600
EL-02 LED灯管|LED tube|2400
EL-03 交流接触器|Contactor|11800
EL-04 充电桩控制模块|Charging module|92000
EL-05 漏电保护器|Residual-current device|9800
EL-06 应急照明灯|Emergency light|7600
PL-01 铜球阀DN25|Ball valve DN25|4800
PL-02 PPR管件套装|PPR fitting set|3600
PL-03 减压阀|Pressure reducer|21000
PL-04 感应冲洗阀|Sensor flush valve|16800
PL-05 电加热管|Heating element|13200
PL-06 密封圈套装|Gasket set|900
LF-01 曳引机编码器|Traction encoder|128000
LF-02 门机皮带|Door belt|9200
LF-03 光幕|Light curtain|46000
LF-04 电梯主板|Lift main board|238000
LF-05 导靴靴衬|Guide shoe lining|5600
LF-06 呼梯按钮|Landing button|4200
NW-01 千兆交换机8口|Gigabit switch, 8 ports|26000
NW-02 无线接入点|Access point|48000
NW-03 网络摄像机|IP camera|39000
NW-04 光模块|Optical module|18500
NW-05 硬盘4TB|Hard disk 4 TB|62000
NW-06 六类网线箱|Cat 6 cable box|54000
AD-01 自动门感应器|Door sensor|17600
AD-02 读卡器|Card reader|14500
AD-03 道闸电机|Barrier motor|72000
AD-04 电磁锁|Magnetic lock|12800
AD-05 门体皮带|Door drive belt|8800
AD-06 遥控器|Remote control|3500
FR-01 感烟探测器|Smoke detector|6800
FR-02 手动报警按钮|Call point|5900
FR-03 声光报警器|Sounder|8900
FR-04 消防泵控制器|Fire pump controller|156000
FR-05 备用电池|Standby battery|13600
FR-06 喷淋头|Sprinkler head|1800
PU-01 压力变送器|Pressure transmitter|24800
PU-02 机械密封|Mechanical seal|18600
PU-03 轴承组|Bearing set|14200
PU-04 变频器7.5kW|Inverter 7.5 kW|198000
PU-05 止回阀DN80|Check valve DN80|33000
PU-06 液位开关|Level switch|6400
KT-01 进水电磁阀|Inlet valve|9600
KT-02 洗涤泵|Wash pump|58000
KT-03 蒸箱加热管|Oven heating element|27600
KT-04 门封条|Door gasket|11200
KT-05 制冰机水泵|Ice maker pump|19800
KT-06 温控器|Thermostat|13800
BO-01 点火变压器|Ignition transformer|32000
BO-02 火焰探测器|Flame detector|44000
BO-03 燃烧器喷嘴|Burner nozzle|15800
BO-04 安全阀|Safety valve|28600
BO-05 循环泵密封套件|Pump seal kit|12600
BO-06 水位电极|Level electrode|8800
"""

FAMILY_OF_PREFIX = dict(
    zip(("AC", "EL", "PL", "LF", "NW", "AD", "FR", "PU", "KT", "BO"), SKILLS, strict=True)
)
"""Whose parts begin with these letters; a family has the code of its main skill."""


def part_rows() -> list[Row]:
    """Return the parts; dear ones are kept in small numbers."""
    rows = []
    for place, line in enumerate(_PARTS.strip().splitlines()):
        number, _, rest = line.partition(" ")
        name_zh, name_en, cost = rest.split("|")
        rows.append(
            {
                "number": number,
                "name_en": name_en,
                "name_zh": name_zh,
                "barcode": f"299{place:09d}",
                "cost_cents": int(cost),
                "reorder_point": 2 if int(cost) > 100_000 else 10,
            }
        )
    return rows

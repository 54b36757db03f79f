"""The engineers' app in a real browser: a visit without a line, from the first step to the signature."""

from __future__ import annotations

import gzip
import io
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import segno
from PIL import Image

from tests.browser.conftest import ARGS, CHROMIUM
from tests.mobile_api.pictures import photo

pytestmark = pytest.mark.browser
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
HERE = {"latitude": 31.23, "longitude": 121.47}


class Desk:
    """Somebody at the JSON API, signed in."""

    def __init__(self, town: dict[str, Any], role: str) -> None:
        self._url, self._session = f"{town['url']}/api/v1", requests.Session()
        account = town["accounts"][role]
        said = {"email": account["email"], "password": account["password"]}
        told = self._session.post(f"{self._url}/session", json=said).json()
        self._session.headers["X-CSRFToken"], self.id, self.etag = told["csrf_token"], told["id"], ""

    def get(self, path: str) -> Any:
        answer = self._session.get(self._url + path)
        assert answer.ok, answer.text
        self.etag = answer.headers.get("ETag", "")
        return answer.json()

    def post(self, path: str, json: Any = None) -> Any:
        answer = self._session.post(self._url + path, json=json, headers={"If-Match": self.etag})
        assert answer.ok, answer.text
        return answer.json()


class Phone:
    """A phone whose browser can be closed and opened, and whose line can be cut."""

    def __init__(self, chromium: Any, folder: Path, url: str) -> None:
        self._kind, self._folder, self.url = chromium.browser_type, folder, url
        self.faults: list[str] = []
        self.context: Any = None

    def open(self, *args: str, offline: bool = False, path: str = "/m/") -> Any:
        """Open the app, in a browser with these arguments more."""
        self.context = self._kind.launch_persistent_context(
            str(self._folder),
            executable_path=CHROMIUM,
            args=[*ARGS, *args],
            viewport={"width": 360, "height": 780},
            locale="en-GB",
            has_touch=True,
            geolocation=HERE,
            permissions=["geolocation"],
        )
        self.context.set_offline(offline)
        page = self.context.pages[0]
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.goto(self.url + path)
        return page

    def close(self) -> None:
        if self.context is not None:
            self.context.close()
            self.context = None


@pytest.fixture
def phone(town: dict[str, Any], chromium: Any, tmp_path: Path) -> Iterator[Phone]:
    phone = Phone(chromium, tmp_path / "browser", town["url"])
    yield phone
    phone.close()
    assert phone.faults == []


@pytest.fixture(scope="session")
def desk_of(town: dict[str, Any]) -> Callable[[str], Desk]:
    """Return a function: role to somebody signed in, each once: signing in is limited."""
    desks: dict[str, Desk] = {}
    return lambda role: desks.setdefault(role, Desk(town, role)) if role not in desks else desks[role]


@pytest.fixture
def engineer(desk_of: Callable[[str], Desk]) -> dict[str, Any]:
    """An engineer of the town with an account, and a code for their phone."""
    own, desk = desk_of("engineer"), desk_of("dispatcher")
    rows = desk.get("/engineers?page_size=100")["items"]
    found = next(row for row in rows if row["user_id"] == own.id)
    return {"id": found["id"], "code": own.post(f"/engineers/{found['id']}/enrolments")["code"], "desk": desk}


def enrolled(phone: Phone, engineer: dict[str, Any], *args: str) -> Any:
    page = phone.open(*args, path=f"/m/#code={engineer['code']}")
    page.get_by_role("button", name="Enrol").click()
    stops = page.locator(".stop").first
    stops.or_(page.locator(".message")).first.wait_for()
    while not stops.is_visible():
        # Codes are limited for an address, and every test comes from the same.
        page.wait_for_timeout(10_000)
        page.get_by_role("button", name="Enrol").click()
        stops.or_(page.locator(".message")).first.wait_for()
        page.wait_for_timeout(1_000)
    page.locator(".state-fine").wait_for()
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    return page


def until(what: str, found: Callable[[], bool], seconds: float = 30) -> None:
    give_up_at = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < give_up_at, what
        time.sleep(0.2)


def test_a_visit_without_a_line_is_on_the_server_once_when_there_is_one_again(
    phone: Phone, engineer: dict[str, Any], tmp_path: Path
) -> None:
    page = enrolled(phone, engineer)
    first = page.locator(".stop").first
    visit_id = first.get_attribute("href").rpartition("/")[2]
    phone.context.set_offline(True)
    first.click()
    for name in ("Accept", "Set off", "I have arrived", "Start work"):
        page.wait_for_timeout(800)  # a tap right after the button changed is not taken
        page.get_by_role("button", name=name, exact=True).click()
        page.get_by_role("button", name=name, exact=True).wait_for(state="detached", timeout=15_000)
    for number in (1, 2):
        picture = tmp_path / f"{number}.jpg"
        picture.write_bytes(photo(800 + number, 600))
        page.set_input_files("input[type=file]", str(picture))
        page.locator(".thumbs li").nth(number - 1).wait_for()
    page.get_by_label("Find a part").fill("a")
    page.locator("button.line").last.click()
    page.get_by_role("button", name="Ask for it").click()
    page.get_by_role("button", name="Ask for it").wait_for(state="detached")
    page.wait_for_timeout(800)
    page.get_by_role("button", name="Complete", exact=True).click()
    page.get_by_label("What was done").fill("Lamp replaced")
    page.locator("canvas.sign").evaluate("pad => pad.scrollIntoView({block: 'center'})")
    pad = page.locator("canvas.sign").bounding_box()
    page.mouse.move(pad["x"] + 40, pad["y"] + 60)
    page.mouse.down()
    for step in range(12):
        page.mouse.move(pad["x"] + 40 + 18 * step, pad["y"] + 60 + (step % 3) * 25)
    page.mouse.up()
    page.get_by_label("Signed by").fill("Ms Li")
    page.get_by_role("button", name="Keep the signature").click()
    page.get_by_text("The customer has signed.").wait_for()
    page.get_by_role("button", name="Complete", exact=True).click()
    page.get_by_role("heading", name="Done today").wait_for()
    phone.close()

    page = phone.open(offline=True)
    page.get_by_role("heading", name="Done today").wait_for()
    page.get_by_text("waiting").wait_for()
    phone.context.set_offline(False)
    page.locator(".state-fine", has_text="Up to date").wait_for(timeout=40_000)

    desk = engineer["desk"]
    visit = desk.get(f"/visits/{visit_id}")
    assert visit["status"] == "completed"
    evidence = desk.get(f"/work-orders/{visit['order_id']}/evidence")
    kept = [one for one in evidence["attachments"] if one["visit_id"] == visit_id]
    assert sorted(one["kind"] for one in kept) == ["photo", "photo", "signature"]
    assert {one["state"] for one in kept} == {"stored"}
    asked = desk.get(f"/part-requests?order_id={visit['order_id']}")["items"]
    assert [one["quantity"] for one in asked] == [1]
    verbs = [event["verb"] for event in desk.get(f"/work-orders/{visit['order_id']}/events")["items"]]
    steps = ["accept", "depart", "arrive", "start", "complete"]
    assert [verb for verb in verbs if verb in steps] == steps


def test_the_app_can_be_installed_and_is_small(town: dict[str, Any]) -> None:
    """What browsers ask of an app before they offer to install it, and what a bad line asks of its size."""
    url, web = town["url"], requests.Session()
    manifest = web.get(f"{url}/m/manifest.webmanifest").json()
    assert manifest["display"] == "standalone"
    assert {"name", "short_name", "start_url", "scope"} <= manifest.keys()
    for icon in manifest["icons"]:
        with Image.open(io.BytesIO(web.get(url + icon["src"]).content)) as picture:
            assert "x".join(map(str, picture.size)) == icon["sizes"]
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}
    assert "maskable" in {icon.get("purpose") for icon in manifest["icons"]}
    worker = web.get(f"{url}/m/sw.js").text
    files = json.loads(worker.partition("Object.assign(self, ")[2].partition(");\n")[0])["FILES"]
    assert len(files) > 20
    kept = ["/m/", *files]
    answers = [web.get(url + path) for path in kept]
    assert {answer.status_code for answer in answers} == {200}
    size = sum(len(gzip.compress(answer.content)) for answer in answers)
    assert size < 300_000, f"{size / 1000:.0f} kB packed"


def faults_of(page: Any) -> list[str]:
    """Return what axe finds wrong with a screen."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run().then(told => told.violations)")
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_screen_can_be_read_by_everybody(phone: Phone, engineer: dict[str, Any], scheme: str) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is absent: npm ci")
    page = phone.open(path="/m/")
    page.emulate_media(color_scheme=scheme)
    page.get_by_role("button", name="Enrol").wait_for()
    assert faults_of(page) == [], "enrolment"
    phone.close()
    page = enrolled(phone, engineer)
    page.emulate_media(color_scheme=scheme)
    visit = page.locator(".stop", has_text="Dispatched").last.get_attribute("href")
    for screen in ("#/", visit, f"{visit}/complete", "#/knowledge", "#/van", "#/sync"):
        page.evaluate(f"location.hash = {screen!r}")
        page.locator("main > *").first.wait_for()
        page.wait_for_timeout(200)
        assert not faults_of(page), screen
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, screen


def test_a_phone_taken_away_forgets_everything(phone: Phone, engineer: dict[str, Any]) -> None:
    page = enrolled(phone, engineer)
    desk = engineer["desk"]
    rows = desk.get(f"/devices?engineer_id={engineer['id']}&status=active")["items"]
    desk.post(f"/devices/{rows[0]['id']}/revoke", json={"drain": False})
    page.evaluate("location.hash = '/sync'")
    page.get_by_role("button", name="Sync now").click()
    page.get_by_text("This phone was taken away").wait_for()
    kept = page.evaluate(
        "indexedDB.databases().then(() => new Promise((done) => { const asked = indexedDB.open('paidan');"
        " asked.onsuccess = () => { const all = asked.result.transaction('work_orders')"
        ".objectStore('work_orders').count(); all.onsuccess = () => done(all.result); }; }))"
    )
    assert kept == 0


def test_what_is_not_counted_is_told_with_its_reason(phone: Phone, engineer: dict[str, Any]) -> None:
    """The dispatcher takes a visit away while its engineer works on it without a line."""
    page = enrolled(phone, engineer)
    desk = engineer["desk"]
    stop = page.locator(".stop", has_text="Dispatched").last
    visit_id = stop.get_attribute("href").rpartition("/")[2]
    phone.context.set_offline(True)
    stop.click()
    page.wait_for_timeout(800)
    page.get_by_role("button", name="Accept", exact=True).click()
    page.get_by_role("button", name="Set off", exact=True).wait_for()
    desk.get(f"/visits/{visit_id}")
    desk.post(f"/visits/{visit_id}/unschedule", json={"reason": "other plans"})
    phone.context.set_offline(False)
    page.get_by_text("This visit is not yours any more").wait_for(timeout=40_000)
    page.evaluate("location.hash = '/sync'")
    page.get_by_text("waits for the dispatcher").wait_for()
    page.get_by_text("taken off the plan").wait_for()


def test_a_barcode_before_the_camera_finds_the_part(
    phone: Phone, engineer: dict[str, Any], tmp_path: Path
) -> None:
    """The camera is a film of a code, which the reader finds that is fetched then, and kept for later."""
    picture, film = io.BytesIO(), tmp_path / "camera.mjpeg"
    segno.make("6901234567892", error="m").save(picture, kind="png", scale=8, border=6)
    frame = Image.new("RGB", (640, 480), "white")
    frame.paste(Image.open(picture).convert("RGB"), (180, 60))
    drawn = io.BytesIO()
    frame.save(drawn, "JPEG", quality=90)
    film.write_bytes(drawn.getvalue() * 30)
    camera = ("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}")
    page = enrolled(phone, engineer, *camera, "--use-fake-ui-for-media-stream")
    page.locator(".stop").last.click()
    for _ in range(2):
        page.get_by_role("button", name="Scan a barcode").click()
        page.locator(".finder").wait_for(state="detached", timeout=30_000)
        assert page.get_by_label("Find a part").input_value() == "6901234567892"
        page.get_by_label("Find a part").fill("")
        phone.context.set_offline(True)


def take_photo(page: Any, folder: Path, width: int) -> None:
    picture = folder / f"{width}.jpg"
    picture.write_bytes(photo(width, 600))
    page.set_input_files("input[type=file]", str(picture))
    page.locator(".thumbs li").first.wait_for()


def test_an_answer_that_is_not_our_servers_loses_no_photo(
    phone: Phone, engineer: dict[str, Any], tmp_path: Path
) -> None:
    page = enrolled(phone, engineer)
    refused: list[int] = []

    def answer(route: Any) -> None:
        refused.append(1)
        route.fulfill(status=200, content_type="text/html", body="<h1>We are back soon</h1>")

    page.locator(".stop").last.click()
    phone.context.route("**/uploads**", answer)
    take_photo(page, tmp_path, 811)
    until("the upload is tried", lambda: bool(refused))
    page.get_by_text("waits", exact=True).wait_for()
    phone.context.unroute("**/uploads**")
    page.evaluate("location.hash = '/sync'")
    page.get_by_role("button", name="Sync now").click()
    page.get_by_text("0 messages and 0 files wait").wait_for()


def test_photos_go_though_nothing_can_be_read(phone: Phone, engineer: dict[str, Any], tmp_path: Path) -> None:
    page = enrolled(phone, engineer)
    stop = page.locator(".stop").last
    visit_id = stop.get_attribute("href").rpartition("/")[2]
    stop.click()
    phone.context.route(
        "**/sync/work_orders**", lambda route: route.fulfill(status=500, json={"status": 500})
    )
    take_photo(page, tmp_path, 812)
    page.get_by_text("sent", exact=True).wait_for()
    desk = engineer["desk"]
    order_id = desk.get(f"/visits/{visit_id}")["order_id"]
    kept = desk.get(f"/work-orders/{order_id}/evidence")["attachments"]
    assert "stored" in {one["state"] for one in kept}


def test_what_is_written_outlives_the_screen_and_the_app(phone: Phone, engineer: dict[str, Any]) -> None:
    page = enrolled(phone, engineer)
    visit = page.locator(".stop", has_text="Dispatched").last.get_attribute("href")
    page.evaluate(f"location.hash = '{visit}/complete'")
    page.get_by_label("What was done").fill("Belt replaced")
    phone.close()
    page = phone.open(offline=True, path=f"/m/{visit}/complete")
    assert page.get_by_label("What was done").input_value() == "Belt replaced"


def test_a_phone_for_somebody_else_says_what_would_be_lost(
    town: dict[str, Any], phone: Phone, engineer: dict[str, Any]
) -> None:
    page = enrolled(phone, engineer)
    page.locator(".stop").last.click()
    phone.context.route("**/sync/ops**", lambda route: route.abort())
    page.get_by_label("New note").fill("behind the door")
    page.get_by_role("button", name="Keep the note").click()
    page.get_by_text("1 waiting").wait_for()
    desk = engineer["desk"]
    rows = desk.get("/engineers?page_size=100")["items"]
    other = next(row for row in rows if row["user_id"] and row["id"] != engineer["id"])
    code = desk.post(f"/engineers/{other['id']}/enrolments")["code"]
    page.evaluate(f"location.hash = 'code={code}'")
    page.get_by_role("button", name="Enrol").click()
    page.get_by_text("have not been sent from this phone").wait_for()
    phone.context.unroute("**/sync/ops**")
    page.get_by_role("button", name="Discard them and go on").click()
    page.locator(".state-fine").wait_for()
    page.evaluate("location.hash = '/sync'")
    page.get_by_text(other["name"]).wait_for()
    page.get_by_text("0 messages and 0 files wait").wait_for()

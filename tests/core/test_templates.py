"""The templates every page is made of, rendered without the application."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment, FileSystemLoader, StrictUndefined

ROOT = Path(__file__).parents[2]
PACKAGES = ("core", "geo", "inventory", "dispatch", "mobile_api")
PAGES = [path for package in PACKAGES for path in (ROOT / package).glob("**/templates/**/*.html")]


@pytest.fixture(scope="module")
def ui():
    environment = Environment(
        loader=FileSystemLoader(ROOT / "core/templates"), autoescape=True, undefined=StrictUndefined
    )
    environment.globals.update(_=str, csrf_token=lambda: "token")
    return environment.get_template("macros.html").module


def field(ui, **given):
    return ui.field({"name": "size", "label": "Size", "kind": "text"} | given)


def test_every_text_of_the_core_pages_has_a_chinese_translation():
    with (ROOT / "core/translations/zh/LC_MESSAGES/messages.po").open("rb") as stream:
        translated = {message.id for message in read_po(stream, locale="zh") if message.string}
    used = {
        text
        for path in (ROOT / "core/templates").rglob("*.html")
        for text in re.findall(r"\b_\('([^']+)'\)", path.read_text(encoding="utf-8"))
    }
    assert used - translated == set()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_page_carries_inline_styles_or_handlers(path):
    assert not re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", path.read_text(encoding="utf-8"))


def test_every_vendored_library_has_its_licence_beside_it():
    folders = [folder for folder in (ROOT / "core/static/vendor").iterdir() if folder.is_dir()]
    assert folders
    assert all((folder / "LICENSE").stat().st_size > 0 for folder in folders)


def test_a_fault_is_told_beside_its_field_and_tied_to_it(ui):
    html = field(ui, error="Too <large>.", hint="In metres.", value='"9"')
    assert 'aria-describedby="f-size-error f-size-hint"' in html
    assert 'aria-invalid="true"' in html
    assert '<p class="error" id="f-size-error">Too &lt;large&gt;.</p>' in html
    assert 'value="&#34;9&#34;"' in html


def test_a_password_is_never_sent_back(ui):
    assert "secret" not in field(ui, kind="password", value="secret")


@pytest.mark.parametrize(
    ("required", "value", "offered"),
    [(False, None, True), (False, 1, True), (True, None, True), (True, 1, False)],
)
def test_a_select_offers_no_choice_only_where_that_can_be(ui, required, value, offered):
    html = field(ui, kind="select", choices=[(1, "One")], required=required, value=value)
    assert ('<option value="">' in html) is offered
    assert ("selected" in html) is (value == 1)


@pytest.mark.parametrize(
    ("kind", "value", "sent"),
    [
        ("select", 0, ["0"]),
        ("select", None, []),
        ("multiselect", [0, 1], ["0", "1"]),
        ("multiselect", [], []),
        ("checkbox", True, ["1"]),
        ("checkbox", False, []),
    ],
)
def test_a_readonly_choice_is_sent_as_it_stands(ui, kind, value, sent):
    html = field(ui, kind=kind, value=value, readonly=True, choices=[(0, "Zero"), (1, "One")])
    assert re.findall(r'<input type="hidden" name="size" value="([^"]*)">', html) == sent


def test_the_summary_of_faults_leads_to_each_field(ui):
    faulty = {"name": "size", "label": "Size", "error": "Too large."}
    html = ui.form_errors(["Both are missing."], [faulty, {"name": "colour", "label": "Colour"}])
    assert "<li>Both are missing.</li>" in html
    assert '<a href="#f-size">Size</a>: Too large.' in html
    assert "colour" not in html
    assert ui.form_errors([], [{"name": "colour"}]).strip() == ""


def test_a_cell_says_which_column_it_belongs_to_when_rows_become_cards(ui):
    columns = [{"key": "no", "label": "Number"}, {"key": "n", "label": "Count", "numeric": True}]
    html = ui.data_table(columns, [{"no": {"text": "A<1>", "url": "/a", "tone": "red"}, "n": 0}, {"n": None}])
    assert (
        '<td data-label="Number"><span><a href="/a"><span class="badge tone-red">A&lt;1&gt;</span></a>'
        in html
    )
    assert '<td data-label="Count" class="numeric"><span>0</span></td>' in html
    assert html.count('<span class="none">—</span>') == 2

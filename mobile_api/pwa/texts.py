"""The words of the engineers' app in both languages: it changes language without a line."""

from __future__ import annotations

from flask_babel import force_locale, gettext

from core.errors import mark
from core.i18n import LOCALES
from dispatch.evidence.completeness import MANDATORY
from dispatch.flows.schemas import PRIORITY_NAMES
from dispatch.workorders.rules import INCOMPLETE_REASONS, STATUSES, VISIT_TRANSITIONS
from mobile_api.held import label_of
from mobile_api.payloads import KINDS

_TEXTS = {
    "today": mark("Today"),
    "knowledge": mark("Knowledge"),
    "van": mark("My van"),
    "sync": mark("Sync"),
    "menu": mark("Main menu"),
    "visit": mark("Visit"),
    "back": mark("Back"),
    "close": mark("Close"),
    "list": mark("List"),
    "map": mark("Map"),
    "show.as": mark("Shown as"),
    "nothing.today": mark("Nothing is planned for you."),
    "overdue": mark("From days before"),
    "done": mark("Done today"),
    "promised": mark("Promised to the customer:"),
    "due": mark("Due"),
    "visit.gone": mark("This visit is not yours any more; what you said of it is kept."),
    "visit.completed": mark("This visit is completed."),
    "fault": mark("What is wrong"),
    "open.hours": mark("Open:"),
    "call": mark("Call"),
    "navigate": mark("Navigate"),
    "warranty": mark("Warranty until"),
    "history": mark("Done here before"),
    "checklist": mark("To be done"),
    "is.done": mark("(done)"),
    "is.open": mark("(still open)"),
    "check_in": mark("Check in here"),
    "no.place": mark("The phone does not tell its position: allow it in the settings, or step outside."),
    "photos": mark("Photos"),
    "photo.take": mark("Take a photo"),
    "photo.failed": mark("The photo was not kept: %(why)s"),
    "file.waits": mark("waits"),
    "file.sent": mark("sent"),
    "file.refused": mark("refused"),
    "file.again": mark("Send again"),
    "photo.large": mark("A file may have 50 MiB at most: take a smaller one."),
    "notes": mark("Notes"),
    "note.new": mark("New note"),
    "note.keep": mark("Keep the note"),
    "parts": mark("Parts"),
    "parts.planned": mark("Planned for this order:"),
    "part.find": mark("Find a part: name, number, barcode"),
    "part.none": mark("No such part."),
    "in.van": mark("%(count)s in my van"),
    "in.depot": mark("%(count)s at %(name)s%(away)s"),
    "in.no.depot": mark("none at a depot"),
    "part.use": mark("Used"),
    "part.return": mark("Put back"),
    "part.ask": mark("Ask for it"),
    "fewer": mark("Fewer"),
    "more": mark("More"),
    "never.mind": mark("Never mind"),
    "scan": mark("Scan a barcode"),
    "scan.failed": mark("The camera cannot be used: allow it in the settings."),
    "scan.later": mark("Scanning needs a line the first time: type the number for now."),
    "knowledge.here": mark("May help here"),
    "steps": mark("What has happened"),
    "reason": mark("Reason"),
    "solution": mark("What was done"),
    "signature": mark("Signature"),
    "signature.pad": mark("Area to sign in"),
    "signature.keep": mark("Keep the signature"),
    "signature.clear": mark("Clear"),
    "signature.refused": mark("Why there is no signature"),
    "signed": mark("The customer has signed."),
    "signer": mark("Signed by"),
    "missing": mark("Still missing:"),
    "search": mark("Search"),
    "nothing.found": mark("Nothing was found."),
    "van.empty": mark("Your van is empty, as far as is known here."),
    "article.write": mark("Write down what I learned"),
    "article.title": mark("Title"),
    "article.text": mark("Text"),
    "article.hint": mark("It goes to the knowledge base as a draft."),
    "article.send": mark("Send the draft"),
    "link.unknown": mark("Connecting …"),
    "link.fine": mark("Up to date"),
    "link.offline": mark("No line"),
    "link.full": mark("Phone full"),
    "link.refused": mark("Look here"),
    "link.wiped": mark("Taken away"),
    "count.waiting": mark("%(count)s waiting"),
    "sync.last": mark("Last in step with the server: %(time)s"),
    "sync.never": mark("Not in step with the server since the app was opened."),
    "sync.waiting": mark(
        "%(ops)s messages and %(files)s files wait; they are sent as soon as there is a line."
    ),
    "sync.now": mark("Sync now"),
    "waits": mark("Waits to be sent"),
    "files": mark("Photos and signatures on their way"),
    "undecided": mark("Not counted, or not yet"),
    "this.phone": mark("This phone"),
    "storage.safe": mark("What is kept here is safe from being cleared."),
    "storage.unsafe": mark(
        "The phone may clear what is kept here when it runs out of space: install the app, and sync often."
    ),
    "install.apple": mark("To install: Share, then “Add to Home Screen”."),
    "push.on": mark("This phone is told of changes while the app is closed."),
    "push.off": mark("Changes are seen when the app is opened."),
    "push.start": mark("Tell me of changes"),
    "push.stop": mark("Tell me no more"),
    "push.denied": mark("The browser does not allow it: allow notifications in its settings."),
    "language": mark("Language"),
    "update.ready": mark("A new version is here."),
    "update.take": mark("Use it now"),
    "wiped": mark("This phone was taken away; everything on it has been removed."),
    "enrol.title": mark("Make this phone yours"),
    "enrol.lead": mark(
        "Scan the code on your page in Paidan with this phone’s camera, or type it here. "
        "It is good for 15 minutes."
    ),
    "enrol.code": mark("Code"),
    "enrol.go": mark("Enrol"),
    "enrol.again": mark("Enrol again"),
    "enrol.other": mark(
        "%(count)s messages and files of %(name)s have not been sent from this phone, and would be lost."
    ),
    "enrol.discard": mark("Discard them and go on"),
    "enrol.insecure": mark(
        "The app needs an https address, or it cannot keep anything on this phone: ask who runs the server."
    ),
    "outcome.held": mark("waits for the dispatcher"),
    "outcome.rejected": mark("not counted"),
    "outcome.applied": mark("counted"),
    "outcome.superseded": mark("was past that"),
    "code.off_assignment": mark("The visit had been given to somebody else, or taken off the plan."),
    "code.visit_over": mark("The visit had been cancelled, or given back."),
    "code.second_device": mark("It came from a phone that another one has replaced."),
    "code.no_location": mark(
        "No van of this engineer, or no place for customers, is among the stock locations."
    ),
    "code.error": mark("It could not be worked on, because of a fault of ours that was logged."),
    "code.discarded": mark("The dispatcher decided that it does not count."),
    "code.not_yours": mark("The visit is not yours."),
    "code.too_large": mark("It is too long to be sent."),
    "code.invalid": mark("Something in it is not as it should be."),
    "request.requested": mark("asked for"),
    "request.approved": mark("approved"),
    "request.refused": mark("turned down"),
    "request.issued": mark("issued"),
    "request.cancelled": mark("withdrawn"),
    "step.accept": mark("Accept"),
    "step.depart": mark("Set off"),
    "step.arrive": mark("I have arrived"),
    "step.start": mark("Start work"),
    "step.complete": mark("Complete"),
    "step.resume": mark("Go on"),
    "step.hold": mark("Hold"),
    "step.decline": mark("Decline"),
    "step.incomplete": mark("Cannot be done today"),
}


def texts_of_app() -> dict[str, dict[str, str]]:
    """Return every word the app shows, by language and key."""
    return {locale: _texts_in(locale) for locale in LOCALES}


def _texts_in(locale: str) -> dict[str, str]:
    with force_locale(locale):
        texts = {key: gettext(text) for key, text in _TEXTS.items()}
        texts |= {f"status.{status}": gettext(style.en) for status, style in STATUSES.items()}
        texts |= {f"priority.{priority}": gettext(name) for priority, name in PRIORITY_NAMES.items()}
        texts |= {f"incomplete.{reason}": gettext(name) for reason, name in INCOMPLETE_REASONS.items()}
        texts |= {f"check.{action}": gettext(name) for action, name in MANDATORY.items()}
        texts |= {f"verb.{verb}": gettext(row.label) for verb, row in VISIT_TRANSITIONS.items()}
        texts |= {f"said.{kind}": label_of(kind) for kind in KINDS}
    return texts

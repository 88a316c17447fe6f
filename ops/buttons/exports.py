"""The button of `rollcall export`. The console has no key of Brevo's: what that shows is asked by the command."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import UTC, datetime

from console.acting import Act, Field, FormAnswers, MadeFile, PlannedAct, digest_of
from ops.audit import audit_entry
from ops.forget.command import look
from ops.forget.display import in_words
from ops.forget.export import document_about, written
from ops.forget.person import DataSubject
from ops.workplace import Workplace


def export_act(environment: Mapping[str, str]) -> Act:
    """All that is known of a person, as a file; the environment names the configuration file."""

    async def plan(answers: FormAnswers) -> PlannedAct:
        person, place = DataSubject.named(answers["who"]), Workplace.of(environment)
        lines = list(in_words((await look(place, person)).places, datetime.now(UTC)))

        async def export(operator: str, reason: str) -> MadeFile:
            document = await document_about(person, place.connection, lambda _count: None)
            counts = {name: sum(map(len, document[name].values())) for name in ("tables", "topics")}
            async with place.posting() as to_kafka:
                await to_kafka.note(audit_entry("export", "a person", counts, reason, operator))
            told = f"{counts['tables']} rows and {counts['topics']} records; read it before you hand it on"
            return MadeFile("person.json", written(document), [told])

        nothing = ["no topic and no table says anything of this person"]
        return PlannedAct(lines or nothing, digest_of("export", person.contact_id), export, len(lines))

    return Act(
        name="export",
        title="Write down what is known of a person",
        about="For a request for access: every row and record that says the address or the contact id, as one JSON "
        "document to download. What Brevo shows is not in it, for this console has no key of Brevo's: `rollcall export "
        "--brevo` asks.",
        fields=(Field("who", "Who", "An e-mail address, or a contact id."),),
        command=lambda answers: f"rollcall {shlex.join(('export', answers['who']))} > person.json",
        plan=plan,
    )

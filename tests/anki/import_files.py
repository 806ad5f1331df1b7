"""Imports text files one after the other into a new collection of Anki, with Anki's own importer,
and prints the notes as JSON after each import.

After each import, all notes get the tag TAG as if the user had added it, unless it is empty.

Usage: import_files.py LANGUAGE TAG FILE...
"""

import json
import sys
import tempfile
from pathlib import Path

import anki.lang
from anki.collection import Collection, ImportCsvRequest


def import_file(collection: Collection, path: str) -> dict:
    metadata = collection.get_csv_metadata(path=path, delimiter=None)
    log = collection.import_csv(ImportCsvRequest(path=path, metadata=metadata)).log
    notes = [collection.get_note(id) for id in collection.find_notes("")]
    return {
        "new": len(log.new),
        "updated": len(log.updated),
        "unchanged": len(log.duplicate),
        "found": log.found_notes,
        "notes": {note.guid: describe(collection, note) for note in notes},
    }


def describe(collection: Collection, note) -> dict:
    return {
        "fields": dict(zip(["front", "back"], note.fields, strict=True)),
        "type_name": note.note_type()["name"],
        "tags": note.tags,
        "decks": [collection.decks.name(card.did) for card in note.cards()],
    }


language, tag, *paths = sys.argv[1:]
anki.lang.set_lang(language)
with tempfile.TemporaryDirectory() as folder:
    collection = Collection(str(Path(folder) / "collection.anki2"))
    imports = []
    for path in paths:
        imports.append(import_file(collection, path))
        if tag:
            collection.tags.bulk_add(collection.find_notes(""), tag)
    collection.close()
print(json.dumps(imports))

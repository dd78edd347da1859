from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"


def add(app, portal):
    pass

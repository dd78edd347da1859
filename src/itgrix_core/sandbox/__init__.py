"""A Bitrix24 that runs here, and a PBX that replays recordings."""

"""Names a trained capture: label.py IN.nam OUT.nam NAME TONE_TYPE ESR

Completes the metadata and leaves everything else as the trainer wrote it: Python prints a number
read from JSON with the digits it had.
"""

import json
import sys
from pathlib import Path

source, target, name, tone_type, esr = sys.argv[1:]
capture = json.loads(Path(source).read_text())
capture["metadata"] |= {
    "name": name,
    "modeled_by": "Gridleak",
    "gear_type": "amp",
    "gear_make": "Gridleak",
    "gear_model": "synthetic two-stage amp",
    "tone_type": tone_type,
    "training": {"validation_esr": float(esr)},
}
Path(target).write_text(json.dumps(capture))

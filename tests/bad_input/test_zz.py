import json, os, time
import pytest
import bad_input.zz_rows2  # noqa
from bad_input.zz_rows import ROWS
OUT = os.environ.get('ZZ_OUT', '/tmp/f13/walk.jsonl')
FILTER = os.environ.get('ZZ', '')
import re
CHOSEN = [r for r in ROWS if re.search(FILTER, f'{r[0]} @ {r[1]}')]
@pytest.mark.parametrize('k', range(len(CHOSEN)), ids=lambda k: repr(f'{CHOSEN[k][0]}@{CHOSEN[k][1]}')[:60])
def test_zz(command, folder, k):
    from bad_input.scenes import SCENES
    id, scene, br, more, args = CHOSEN[k]
    rec = dict(id=id, scene=scene)
    try:
        if br: br(folder)
        t = time.time()
        done = command(SCENES[scene].command, *(args or SCENES[scene].args).split(), *more)
        rec.update(code=done.code, errors=done.errors[:3], trace='Traceback' in done.output, out=done.output[-1500:], s=round(time.time()-t, 1), written=sorted(str(p.relative_to(folder)) for p in folder.rglob('*') if '/' in str(p.relative_to(folder)) and str(p.relative_to(folder)).split('/')[0] in ('out','mine','work','refined','report'))[:12])
    except AssertionError as e: rec.update(hung=str(e)[-1500:])
    except Exception as e: rec.update(maker=repr(e))
    finally: os.chdir('/')
    with open(OUT, 'a') as f: f.write(json.dumps(rec, ensure_ascii=True) + '\n')

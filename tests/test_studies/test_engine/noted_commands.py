"""What tools would write, and the parts of a command that was noted."""

from pathlib import Path

ROOT = Path(__file__).parents[3]

SUMMARY = dict(
    mIoU=0.5,
    precision=0.6,
    recall=0.7,
    over_activation=0.2,
    under_activation=0.3,
    confusion_matrix=[[1]],
    per_class=dict(background={}, wug={}),
)
REPORTS = {
    'eval_cam.py': dict(
        best_threshold=0.3, scores_at_best=SUMMARY, num_images=4, curve=dict(threshold=[0.30000001])
    ),
    'eval_labels.py': dict(SUMMARY, num_images=2),
    'test.py': dict(scores=SUMMARY, num_images=3),
}
ROLES = dict(masked='train', val='val')
PIPELINE_REPORT = dict(
    methods=[dict(key='cam', configs=['cam.py']), dict(key='ppl_st', configs=['one.py', 'two.py'])],
    segmentation=['seg.py'],
    seed=3,
    classes=['background', 'wug'],
    steps=[dict(step='train_seg', seconds=60.0, title='train', command=[])],
    measurements=[
        dict(
            method=method,
            role=role,
            split=split,
            num_images=2,
            threshold=None,
            scores=dict(SUMMARY, mIoU=round(0.2 * number + 0.1 * (role == 'val'), 1)),
        )
        for number, method in enumerate(('cam', 'ppl_st', 'pseudo_labels', 'segmentation'))
        for role, split in ROLES.items()
    ],
)


def tool_of(command):
    return command[2] if command[1] == '-m' else Path(command[1]).name


def tools_of(commands):
    return [tool_of(command) for command in commands]


def argument(command, flag):
    return command[command.index(flag) + 1]

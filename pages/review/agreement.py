"""Agreement: people with each other, graders with people, and where they differ."""

from deploysim import ui

found, queues = ui.pick_labels()
verdicts = ui.show_agreement(found, queues)
ui.show_trust(found, queues)
ui.show_matrices(found, verdicts)
ui.show_disagreements(found, verdicts, queues)

"""Streamlit glue: navigation, cached questions to the workspace, and the widgets that pages share."""

from deploysim.ui.agreement import pick_labels, show_agreement, show_matrices
from deploysim.ui.awareness import show_awareness
from deploysim.ui.batch_choice import whole_batch
from deploysim.ui.blocks import (
    empty_state,
    ink,
    load_style,
    plain,
    reasons,
    show_error,
    show_html,
    stepper,
)
from deploysim.ui.compare_filters import choose_prefixes
from deploysim.ui.compare_tools import show_notes
from deploysim.ui.compare_tools import tools as compare_tools
from deploysim.ui.comparison import (
    OUTCOME_LABELS,
    about_forecast,
    category_notes,
    compare_link,
    comparison,
    forecast_basis,
    forecast_help,
    forecast_table,
    open_compare,
    pick_forecast,
    pick_lanes,
    tell_erased,
)
from deploysim.ui.data import (
    conversations,
    imports,
    models_and_languages,
    pick_sample,
    sample_label,
    samples,
    version,
    workspace,
)
from deploysim.ui.definitions import about_behaviours, show_definition, show_definitions, taxonomy
from deploysim.ui.disagreements import show_disagreements
from deploysim.ui.discover import show_discover
from deploysim.ui.fidelity import show_fidelity
from deploysim.ui.import_jobs import earlier_imports, live_imports
from deploysim.ui.import_preview import show_dry_run
from deploysim.ui.importing import choose_options, dry_run, import_button, look
from deploysim.ui.labelling import label_queue
from deploysim.ui.links import linked, pick, put_in_link
from deploysim.ui.log_choice import about_log, choose_log, choose_table
from deploysim.ui.navigation import (
    AGREEMENT,
    AWARENESS,
    COMPARE,
    CONVERSATIONS,
    DISCOVER,
    FIDELITY,
    HOME,
    IMPORT,
    PEOPLE,
    PLAN,
    PRIVACY,
    QUEUE,
    RUNS,
    SCORECARDS,
    SHIFTS,
    STEP_PAGES,
    pages,
)
from deploysim.ui.people import person, refused, require_sign_in
from deploysim.ui.planning import ask_for_plan, pick_topics, plan_table
from deploysim.ui.queues import ALL as ALL_QUEUES_TAB
from deploysim.ui.queues import LABEL as LABEL_TAB
from deploysim.ui.queues import NEW as NEW_QUEUE_TAB
from deploysim.ui.queues import pick_queue, queue_form, show_queues
from deploysim.ui.run_form import replay_form
from deploysim.ui.runs import has_runs, live_runs, offer_grading
from deploysim.ui.scorecards import (
    about_scorecard,
    pick_scorecard,
    show_scorecard,
    show_track_record,
    tell_broken,
    tell_registered,
)
from deploysim.ui.spot_check import spot_check
from deploysim.ui.spot_results import show_findings, show_policies, show_withheld
from deploysim.ui.stale import tell_labels
from deploysim.ui.stored import about_conversation, conversation_table, draw_form, load_form, show_import, show_sample
from deploysim.ui.team import show_rights, show_roles, show_trail, show_work
from deploysim.ui.trajectories import agents_of, narrowed, show_agent_rates, show_totals, show_trajectory
from deploysim.ui.trust import show_trust
from deploysim.ui.uploads import keep_uploads_in_memory
from deploysim.wording import counted

__all__ = [
    "AGREEMENT",
    "ALL_QUEUES_TAB",
    "AWARENESS",
    "COMPARE",
    "CONVERSATIONS",
    "DISCOVER",
    "FIDELITY",
    "HOME",
    "IMPORT",
    "LABEL_TAB",
    "NEW_QUEUE_TAB",
    "OUTCOME_LABELS",
    "PEOPLE",
    "PLAN",
    "PRIVACY",
    "QUEUE",
    "RUNS",
    "SCORECARDS",
    "SHIFTS",
    "STEP_PAGES",
    "about_behaviours",
    "about_conversation",
    "about_forecast",
    "about_log",
    "about_scorecard",
    "agents_of",
    "ask_for_plan",
    "category_notes",
    "choose_log",
    "choose_options",
    "choose_prefixes",
    "choose_table",
    "compare_link",
    "compare_tools",
    "comparison",
    "conversation_table",
    "conversations",
    "counted",
    "draw_form",
    "dry_run",
    "earlier_imports",
    "empty_state",
    "forecast_basis",
    "forecast_help",
    "forecast_table",
    "has_runs",
    "import_button",
    "imports",
    "ink",
    "keep_uploads_in_memory",
    "label_queue",
    "linked",
    "live_imports",
    "live_runs",
    "load_form",
    "load_style",
    "look",
    "models_and_languages",
    "narrowed",
    "offer_grading",
    "open_compare",
    "pages",
    "person",
    "pick",
    "pick_forecast",
    "pick_labels",
    "pick_lanes",
    "pick_queue",
    "pick_sample",
    "pick_scorecard",
    "pick_topics",
    "plain",
    "plan_table",
    "put_in_link",
    "queue_form",
    "reasons",
    "refused",
    "replay_form",
    "require_sign_in",
    "sample_label",
    "samples",
    "show_agent_rates",
    "show_agreement",
    "show_awareness",
    "show_definition",
    "show_definitions",
    "show_disagreements",
    "show_discover",
    "show_dry_run",
    "show_error",
    "show_fidelity",
    "show_findings",
    "show_html",
    "show_import",
    "show_matrices",
    "show_notes",
    "show_policies",
    "show_queues",
    "show_rights",
    "show_roles",
    "show_sample",
    "show_scorecard",
    "show_totals",
    "show_track_record",
    "show_trail",
    "show_trajectory",
    "show_trust",
    "show_withheld",
    "show_work",
    "spot_check",
    "stepper",
    "taxonomy",
    "tell_broken",
    "tell_erased",
    "tell_labels",
    "tell_registered",
    "version",
    "whole_batch",
    "workspace",
]

// The parts of the board around the text: what is decided, with which keys, and what a category means.
const KEYS = [
  ["1–9", "choose for the category that is marked"],
  ["u", "unsure"],
  ["a", "absent (neither) in all categories that are open"],
  ["↑ ↓", "another category; with one category the text scrolls"],
  ["← →", "severity, where present"],
  ["n", "write a note; Escape leaves it"],
  ["Enter", "save and next; Ctrl+Enter also from the note"],
  ["z", "undo: the last choice, or else the last item that was saved"],
  ["?", "this help"],
]

// Keys that belong to another part of the page: a dialog, a menu, a button that has the focus.
function elsewhere(target, root) {
  if (root.contains(target) || target === document.body) return false
  return Boolean(target.closest?.("[role=dialog], [role=listbox], [role=menu], button, a, summary"))
}

function layout(root, board) {
  const read = make("div", "ds-board-read")
  read.tabIndex = 0
  read.setAttribute("role", "region")
  read.setAttribute("aria-label", "Conversation and response")
  const note = make("textarea", "ds-board-note")
  note.placeholder = "Note (n)"
  note.rows = 2
  note.maxLength = 2000
  note.setAttribute("aria-label", "Note")
  note.oninput = () => {
    board.draft().note = note.value
    board.remember()
  }
  const save = button("Save and next", "Enter", () => board.save(), "ds-primary")
  const parts = {
    read,
    note,
    save,
    rows: make("div", "ds-board-rows"),
    progress: make("b", ""),
    others: make("span", ""),
    saved: make("span", "ds-board-saved"),
    told: make("div", "ds-reader-told"),
    help: helpDialog(),
  }
  parts.told.setAttribute("role", "status")
  parts.saved.setAttribute("aria-live", "polite")
  const does = make("div", "ds-board-does", save, button("Undo", "z", () => board.undo()), button("Keys", "?", () => board.help()))
  parts.ask = make("aside", "ds-board-ask", parts.rows, note)
  const side = make("div", "ds-board-side", parts.ask, does)
  const head = make("div", "ds-board-head", parts.progress, parts.others, parts.saved)
  const instructions = board.data.instructions
  const told = instructions ? folded("Instructions for this queue", make("div", "ds-text", instructions)) : null
  if (told) told.open = true
  root.replaceChildren(head, ...(told ? [told] : []), make("div", "ds-board-body", read, side), parts.told, parts.help)
  return parts
}

function button(label, key, action, look = "") {
  const node = make("button", `ds-key ${look}`, label, " ", make("kbd", "", key))
  node.type = "button"
  node.onclick = action
  return node
}

function helpDialog() {
  const rows = KEYS.map(([key, does]) => make("tr", "", make("td", "", make("kbd", "", key)), make("td", "", does)))
  const dialog = make("dialog", "ds-board-help", make("b", "", "Keys"), make("table", "", ...rows))
  dialog.append(make("p", "", "Escape closes this. Keys do nothing while you type or while an item loads."))
  dialog.onclick = () => dialog.close()
  return dialog
}

function categoryRow(board, id) {
  const { categories, words, pair } = board.data
  const category = categories[id]
  const draft = board.draft()
  const said = draft.labels[id]
  const active = id === board.active
  const row = make("div", `ds-board-row${active ? " ds-active" : ""}`)
  const title = make("button", "ds-board-name", make("span", "", category.name), make("span", "ds-board-said", said ?? "open"))
  title.type = "button"
  title.setAttribute("aria-expanded", String(active))
  title.onclick = () => {
    board.active = id
    board.asked()
  }
  row.append(title)
  if (!active) return row
  const choices = make("div", "ds-board-choices")
  choices.setAttribute("role", "group")
  choices.setAttribute("aria-label", category.name)
  const all = [...words.map((word, i) => [word, String(i + 1)]), ["unsure", "u"]]
  for (const [word, key] of all) {
    const choice = button(word, key, () => board.choose(id, word), said === word ? "ds-chosen" : "")
    choice.setAttribute("aria-pressed", String(said === word))
    choices.append(choice)
  }
  row.append(choices)
  if (said === "present" && !pair) row.append(severityNode(board, id, draft.severities[id] ?? category.severity))
  const opinions = board.current.opinions.filter(opinion => opinion.category === id)
  if (opinions.length) row.append(opinionsNode(opinions))
  row.append(definitionNode(category))
  return row
}

function severityNode(board, id, now) {
  const box = make("div", "ds-board-severity", make("span", "", "severity"))
  for (let level = 0; level <= 4; level++) {
    const pick = button(String(level), "", () => board.sharpen(level - now), level === now ? "ds-chosen" : "")
    pick.querySelector("kbd").remove()
    pick.setAttribute("aria-label", `severity ${level}`)
    pick.setAttribute("aria-pressed", String(level === now))
    box.append(pick)
  }
  box.append(make("kbd", "", "← →"))
  return box
}

function opinionsNode(opinions) {
  const lines = opinions.map(opinion =>
    make("li", "", `${opinion.who}: ${opinion.label}`, opinion.note ? make("div", "ds-text", opinion.note) : null),
  )
  return make("div", "ds-board-opinions", make("b", "", "Said before"), make("ul", "", ...lines))
}

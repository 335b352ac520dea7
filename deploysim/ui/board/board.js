// The board of a queue. Decisions go into an outbox, which is sent until the server says that it has kept them; the
// next item is here already and is shown at once. What is half done is kept in this tab, so a reload loses nothing.
const BOARDS = new WeakMap()
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

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".ds-board")
  let board = BOARDS.get(root)
  if (!board) {
    board = new Board(root)
    BOARDS.set(root, board)
  }
  board.update(data, setStateValue)
  return () => board.leave()
}

class Board {
  constructor(root) {
    this.root = root
    this.current = null
    this.onKey = event => this.key(event)
    document.addEventListener("keydown", this.onKey)
  }

  leave() {
    document.removeEventListener("keydown", this.onKey)
    clearTimeout(this.timer)
    BOARDS.delete(this.root)
  }

  // ---- what the server says

  update(data, setStateValue) {
    this.setStateValue = setStateValue
    const store = `deploysim.board.${data.queue}.${data.reviewer}`
    const isNew = store !== this.store
    this.data = data
    this.store = store
    if (isNew) this.open()
    const undoing = this.waits()
    const kept = new Set(data.kept)
    this.outbox = this.outbox.filter(entry => !kept.has(entry.id))
    if (data.restored && undoing && !this.waits()) this.restore(data.restored)
    this.remember()
    this.head()
    const items = this.open_items()
    if (!items.some(item => item.item === this.current?.item)) this.show(items[0] ?? null)
    clearTimeout(this.timer)
    if (data.retry || (data.askAgain && !items.length)) this.timer = setTimeout(() => this.send(), data.retry ? 2000 : 8000)
    if (isNew && this.outbox.length) this.send()
  }

  open() {
    let kept = {}
    try {
      kept = JSON.parse(sessionStorage.getItem(this.store) ?? "{}")
    } catch {
      kept = {}
    }
    this.outbox = kept.outbox ?? []
    this.drafts = kept.drafts ?? {}
    this.current = null
    this.parts = layout(this.root, this)
  }

  open_items() {
    const decided = new Set(this.outbox.map(entry => entry.item))
    return this.waits() ? [] : this.data.items.filter(item => !decided.has(item.item))
  }

  waits() {
    return (this.outbox ?? []).some(entry => entry.kind === "undo")
  }

  restore({ item, labels, severities, note }) {
    this.drafts[item] = { labels, severities, note, order: Object.keys(labels) }
    this.current = null
  }

  remember() {
    sessionStorage.setItem(this.store, JSON.stringify({ outbox: this.outbox, drafts: this.drafts }))
  }

  send() {
    this.remember()
    this.sentTimes = (this.sentTimes ?? 0) + 1
    const { queue, reviewer } = this.data
    this.setStateValue("outbox", { queue, reviewer, entries: this.outbox, time: this.sentTimes })
    this.head()
  }

  // ---- what is on the screen

  show(item) {
    const { read, ask } = this.parts
    this.current = item
    this.shownAt = performance.now()
    ask.hidden = !item
    if (!item) {
      const says = this.outbox.length || !this.data.waiting ? "Loading the next item …" : this.data.waiting
      read.replaceChildren(make("p", "ds-board-waiting", says))
      return
    }
    this.active = item.asked.find(category => !this.draft().labels[category]) ?? item.asked[0]
    read.replaceChildren(conversationNode(item.messages), responsesNode(item.responses))
    read.scrollTop = 0
    this.parts.note.value = this.draft().note
    this.asked()
    this.root.dataset.item = item.item
    const free = document.activeElement === document.body || this.root.contains(document.activeElement)
    if (free) read.focus({ preventScroll: true })
  }

  draft() {
    return (this.drafts[this.current.item] ??= { labels: {}, severities: {}, note: "", order: [] })
  }

  head() {
    const { progress, others, saved } = this.parts
    progress.textContent = this.data.progress
    others.textContent = this.data.others
    const open = this.outbox.length
    saved.textContent = this.data.says || (open ? `saving ${open} …` : "all saved")
    saved.classList.toggle("ds-board-open", open > 0 || Boolean(this.data.says))
  }

  asked() {
    const rows = this.current.asked.map(id => categoryRow(this, id))
    this.parts.rows.replaceChildren(...rows)
    rows.find(row => row.classList.contains("ds-active"))?.scrollIntoView({ block: "nearest" })
    const missing = this.missing().length
    this.parts.save.disabled = missing > 0
    this.parts.save.title = missing ? `${missing} still open` : ""
  }

  missing() {
    return this.current.asked.filter(category => !this.draft().labels[category])
  }

  // ---- what the reviewer does

  choose(category, word) {
    const draft = this.draft()
    draft.labels[category] = word
    draft.order = [...draft.order.filter(id => id !== category), category]
    if (word !== "present") delete draft.severities[category]
    const { asked } = this.current
    const after = [...asked.slice(asked.indexOf(category)), ...asked]
    this.active = after.find(id => !draft.labels[id]) ?? category
    this.remember()
    this.asked()
  }

  chooseRest() {
    const word = this.data.pair ? "neither" : "absent"
    for (const category of this.missing()) this.choose(category, word)
  }

  move(step) {
    const { asked } = this.current
    const at = asked.indexOf(this.active) + step
    if (at < 0 || at >= asked.length) return
    this.active = asked[at]
    this.asked()
  }

  sharpen(step) {
    const draft = this.draft()
    if (draft.labels[this.active] !== "present") return
    const now = draft.severities[this.active] ?? this.data.categories[this.active].severity
    draft.severities[this.active] = Math.min(4, Math.max(0, now + step))
    this.remember()
    this.asked()
  }

  save() {
    const missing = this.missing()
    if (missing.length) {
      this.active = missing[0]
      this.asked()
      this.tell(`Still open: ${this.data.categories[missing[0]].name}`)
      return
    }
    const { item, asked } = this.current
    const draft = this.draft()
    const given = asked.filter(id => draft.labels[id] === "present")
    const severities = given.map(id => [id, draft.severities[id] ?? this.data.categories[id].severity])
    this.outbox.push({
      id: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`,
      kind: "save",
      item,
      labels: Object.fromEntries(asked.map(id => [id, draft.labels[id]])),
      severities: this.data.pair ? {} : Object.fromEntries(severities),
      note: draft.note,
      seconds: (performance.now() - this.shownAt) / 1000,
    })
    delete this.drafts[item]
    this.tell("Saved")
    this.show(this.open_items()[0] ?? null)
    this.send()
  }

  undo() {
    const order = this.current ? this.draft().order : []
    if (order.length) {
      const category = order.pop()
      delete this.draft().labels[category]
      delete this.draft().severities[category]
      this.active = category
      this.remember()
      this.asked()
      return
    }
    if (this.waits()) return
    this.outbox.push({ id: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`, kind: "undo" })
    this.show(null)
    this.send()
  }

  tell(text) {
    this.parts.told.textContent = text
  }

  help() {
    const { help } = this.parts
    if (help.open) help.close()
    else help.showModal()
  }

  key(event) {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable=true]")
    const inNote = event.target === this.parts?.note
    if (inNote && event.key === "Escape") {
      event.preventDefault()
      this.parts.read.focus({ preventScroll: true })
      return
    }
    const sends = event.key === "Enter" && (event.ctrlKey || event.metaKey)
    if (!sends && (event.ctrlKey || event.metaKey || event.altKey)) return
    if ((typing && !(inNote && sends)) || this.parts?.help.open || elsewhere(event.target, this.root)) return
    if (event.key === "?") return this.took(event, () => this.help())
    if (event.key === "z" && !event.repeat) return this.took(event, () => this.undo())
    if (this.current) this.itemKey(event)
  }

  itemKey(event) {
    const { words } = this.data
    const word = event.key === "u" ? "unsure" : words[Number(event.key) - 1]
    const several = this.current.asked.length > 1
    if (event.key === "Enter" && !event.repeat && !event.target.closest?.("summary")) this.took(event, () => this.save())
    else if (event.key >= "1" && event.key <= "9" && word && !event.repeat) this.took(event, () => this.choose(this.active, word))
    else if (event.key === "u") this.took(event, () => this.choose(this.active, word))
    else if (event.key === "a") this.took(event, () => this.chooseRest())
    else if (event.key === "n") this.took(event, () => this.parts.note.focus())
    else if (event.key === "ArrowUp" && several) this.took(event, () => this.move(-1))
    else if (event.key === "ArrowDown" && several) this.took(event, () => this.move(1))
    else if (event.key === "ArrowLeft") this.took(event, () => this.sharpen(-1))
    else if (event.key === "ArrowRight") this.took(event, () => this.sharpen(1))
  }

  took(event, action) {
    event.preventDefault()
    action()
  }
}

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

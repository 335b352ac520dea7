// The board of a queue. Decisions go into an outbox, which is sent until the server says that it has kept them; the
// next item is here already and is shown at once. What is half done is kept in this tab, so a reload loses nothing.
const BOARDS = new WeakMap()

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
    this.receive(data.items)
    const undoing = this.waits()
    const kept = new Set(data.kept)
    this.outbox = this.outbox.filter(entry => !kept.has(entry.id))
    if (data.restored && undoing && !this.waits()) this.restore(data.restored)
    this.remember()
    this.head()
    const items = this.openItems()
    if (!items.some(item => item.item === this.current?.item)) this.show(items[0] ?? null)
    clearTimeout(this.timer)
    if (data.retry || (data.askAgain && !items.length)) this.timer = setTimeout(() => this.send(), data.retry ? 2000 : 8000)
    if (isNew) this.parts.read.focus({ preventScroll: true })
    if ((isNew && this.outbox.length) || this.lacks) this.send()
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
    this.texts = new Map()
    this.parts = layout(this.root, this)
  }

  // The server sends the text of an item once; it knows from the outbox which ones are here.
  receive(items) {
    const texts = items.map(item => (item.messages ? item : this.texts.get(item.item))).filter(Boolean)
    this.texts = new Map(texts.map(item => [item.item, item]))
    this.lacks = texts.length < items.length
  }

  openItems() {
    const decided = new Set(this.outbox.map(entry => entry.item))
    return this.waits() ? [] : [...this.texts.values()].filter(item => !decided.has(item.item))
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
    const holds = [...this.texts.keys()]
    this.setStateValue("outbox", { queue, reviewer, entries: this.outbox, holds, time: this.sentTimes })
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
    this.scroll()
    this.parts.note.value = this.draft().note
    this.asked()
    this.root.dataset.item = item.item
    const free = document.activeElement === document.body || this.root.contains(document.activeElement)
    if (free) read.focus({ preventScroll: true })
  }

  // Where the conversation is long, begin with its end and the beginning of the response.
  scroll() {
    const { read } = this.parts
    const response = read.querySelector(".ds-panels")
    read.scrollTop = Math.max(0, response.offsetTop - read.offsetTop - read.clientHeight * 0.45)
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
    this.show(this.openItems()[0] ?? null)
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

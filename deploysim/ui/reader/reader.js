// A text to read with stretches marked, in which words are selected by mouse or keyboard. Text only ever becomes text
// nodes. What is selected goes back as positions in Unicode characters, as Python counts them.
const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}'’@._+\-]*/gu

export default function ({ data, parentElement, setStateValue }) {
  const box = parentElement.querySelector(".ds-reader")
  const told = parentElement.querySelector(".ds-reader-told")
  box.setAttribute("aria-label", data.label)
  const text = data.pieces.map(piece => piece.text).join("")
  const look = JSON.stringify(data.pieces)
  const isNew = box.dataset.item !== data.item
  if (isNew || box.dataset.look !== look) {
    const kept = isNew ? null : selected(box)
    box.replaceChildren(...data.pieces.map(asNode))
    box.dataset.look = look
    if (kept) select(box, kept)
  }
  if (isNew) {
    box.dataset.item = data.item
    box.dataset.sent = ""
    box.scrollTop = 0
    told.textContent = ""
    box.focus({ preventScroll: true })
  }

  function report() {
    const range = selected(box)
    const value = range && { item: data.item, start: count(text, range.start), end: count(text, range.end) }
    const sent = JSON.stringify(value)
    if (sent === box.dataset.sent) return
    box.dataset.sent = sent
    told.textContent = range ? `Selected: ${text.slice(range.start, range.end)}` : ""
    setStateValue("selection", value)
  }

  box.onmouseup = () => setTimeout(report)
  box.ontouchend = () => setTimeout(report)
  box.onkeydown = event => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    select(box, moved(text, selected(box), step, event.shiftKey))
  }
  box.onkeyup = event => {
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") report()
  }
}

function asNode(piece) {
  if (!piece.kinds.length) return document.createTextNode(piece.text)
  const span = document.createElement("span")
  span.className = piece.kinds.map(kind => `ds-${kind}`).join(" ")
  span.textContent = piece.text
  if (piece.labels.length) span.dataset.label = piece.labels.join(" ")
  return span
}

// Positions below are in UTF-16 units, as the browser counts.
function selected(box) {
  const selection = document.getSelection()
  if (!selection.rangeCount || selection.isCollapsed) return null
  const range = selection.getRangeAt(0)
  if (!box.contains(range.startContainer) || !box.contains(range.endContainer)) return null
  return { start: offset(box, range.startContainer, range.startOffset), end: offset(box, range.endContainer, range.endOffset) }
}

function offset(box, node, within) {
  const before = document.createRange()
  before.selectNodeContents(box)
  before.setEnd(node, within)
  return before.toString().length
}

function select(box, { start, end }) {
  const range = document.createRange()
  const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT)
  let at = 0
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const next = at + node.length
    if (start >= at && start <= next) range.setStart(node, start - at)
    if (end >= at && end <= next) {
      range.setEnd(node, end - at)
      break
    }
    at = next
  }
  const selection = document.getSelection()
  selection.removeAllRanges()
  selection.addRange(range)
  const seen = range.getBoundingClientRect()
  const frame = box.getBoundingClientRect()
  if (seen.bottom > frame.bottom) box.scrollTop += seen.bottom - frame.bottom + 40
  if (seen.top < frame.top) box.scrollTop -= frame.top - seen.top + 40
}

function moved(text, range, step, extend) {
  const words = [...text.matchAll(WORD)].map(match => ({ start: match.index, end: match.index + match[0].length }))
  if (!words.length) return { start: 0, end: 0 }
  if (!range) return step > 0 ? words[0] : words[words.length - 1]
  if (extend && step < 0) {
    const inside = words.filter(word => word.start >= range.start && word.end < range.end)
    return inside.length ? { start: range.start, end: inside[inside.length - 1].end } : range
  }
  const to =
    step > 0 ? words.find(word => word.start >= range.end) : words.findLast(word => word.end <= range.start)
  if (!to) return range
  return extend ? { start: range.start, end: to.end } : to
}

function count(text, units) {
  return Array.from(text.slice(0, units)).length
}

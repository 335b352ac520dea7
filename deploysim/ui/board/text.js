// Building what is read out of text nodes alone: nothing that a conversation holds is ever taken for HTML.
const EARLIER = 3
const STEPS = 12

function make(tag, className, ...children) {
  const node = document.createElement(tag)
  if (className) node.className = className
  node.append(...children.filter(child => child !== null && child !== undefined && child !== ""))
  return node
}

function folded(says, ...children) {
  const box = make("details", "ds-more", make("summary", "", says))
  box.append(...children)
  return box
}

function pieceNode(piece) {
  if (!piece.kinds.length) return document.createTextNode(piece.text)
  return make("span", piece.kinds.map(kind => `ds-${kind}`).join(" "), piece.text)
}

function textNode(pieces) {
  return make("div", "ds-text", ...pieces.map(pieceNode))
}

function callNode(call, fold) {
  const rest = call.arguments.length > fold ? call.arguments.slice(fold) : ""
  const code = make("code", "", call.arguments.slice(0, fold))
  const more = rest ? folded(`Show ${rest.length.toLocaleString("en")} more characters.`, make("code", "", rest)) : null
  return make("div", "ds-call", make("b", "", `calls ${call.name}`), code, more)
}

function bodyNodes(message) {
  const nodes = []
  const hasText = message.first.some(piece => piece.text)
  if (hasText) nodes.push(textNode(message.first))
  if (message.rest.length) {
    const beyond = message.cut ? ` Only the beginning of ${message.cut.toLocaleString("en")} characters is shown.` : ""
    nodes.push(folded(`Show ${message.more.toLocaleString("en")} more characters.${beyond}`, textNode(message.rest)))
  }
  nodes.push(...message.calls.map(call => callNode(call, message.fold)))
  return nodes.length ? nodes : [make("div", "ds-failure", "(empty)")]
}

function messageNode(message) {
  return make("div", `ds-message ds-${message.role}`, make("div", "ds-role", message.role), make("div", "", ...bodyNodes(message)))
}

function conversationNode(messages) {
  const nodes = messages.map(messageNode)
  const early = nodes.length > EARLIER + 1 ? nodes.splice(0, nodes.length - EARLIER) : []
  const fold = early.length ? folded(`Show ${early.length} earlier messages`, ...early) : null
  return make("div", "ds-conversation", fold, ...nodes)
}

// Of an agent all steps, with what stands between the first and the last ones one click away.
function stepNodes(steps) {
  if (steps.length === 1) return bodyNodes(steps[0])
  const nodes = steps.map(messageNode)
  if (nodes.length <= STEPS + 1) return nodes
  const between = nodes.splice(STEPS - EARLIER, nodes.length - STEPS)
  nodes.splice(STEPS - EARLIER, 0, folded(`Show ${between.length} steps between`, ...between))
  return nodes
}

function responsesNode(responses) {
  const what = responses.some(steps => steps.length > 1) ? "Steps to label" : "Response to label"
  const titles = responses.length > 1 ? ["Left", "Right"] : [what]
  const panels = responses.map((steps, i) =>
    make("section", "ds-panel ds-lane-hidden", make("header", "", make("b", "", titles[i])), ...stepNodes(steps)),
  )
  return make("div", "ds-panels", ...panels)
}

function definitionNode(category) {
  const list = (title, lines) => [make("b", "", title), make("ul", "", ...lines.map(line => make("li", "", line)))]
  return make(
    "div",
    "ds-board-definition",
    make("p", "", category.definition),
    ...list("Present when", category.present),
    ...list("Absent when", category.absent),
  )
}

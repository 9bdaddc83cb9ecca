/**
 * What is read of a gateway's XML: the text of elements by name, whatever their prefix. It is no parser: nothing is nested, no entity
 * but the five of XML is known, and whatever does not look as expected is not there.
 */
export function textOf(xml: string, name: string): string | undefined {
  const text = elementsOf(xml, name)[0]?.trim()
  return text === undefined || text.length > textMax || text.includes('<') ? undefined : unescaped(text)
}

/** What stands between the tags of each element of this name, the first of them. */
export function elementsOf(xml: string, name: string): readonly string[] {
  const found: string[] = []
  const opening = new RegExp(`<(?:[\\w.-]{1,32}:)?${name}(?:\\s[^<>]{0,512})?>`, 'g')
  const closing = new RegExp(`</(?:[\\w.-]{1,32}:)?${name}\\s{0,8}>`, 'g')
  while (found.length < elementsMax) {
    const open = opening.exec(xml)
    if (!open) break
    closing.lastIndex = opening.lastIndex
    const close = closing.exec(xml)
    if (!close) break
    found.push(xml.slice(opening.lastIndex, close.index))
    opening.lastIndex = closing.lastIndex
  }
  return found
}

const textMax = 512
const elementsMax = 64

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }

function unescaped(text: string): string {
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => entities[name] as string)
}

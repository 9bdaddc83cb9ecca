/** A column of a table: its title, and how narrow it may be made before lines are cut. */
export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** Cells may be cut down to this many characters; absent: never. */
  readonly cutTo?: number
}

const gap = '  '

/** Rows under titles, in at most `width` characters where the columns can be cut that far. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): readonly string[] {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map(printable))]
  const widths = columns.map((_, place) => Math.max(...cells.map((row) => lengthOf(row[place] ?? ''))))
  for (let excess = widthOf(widths) - width; excess > 0; excess--) {
    const widest = widestToCut(columns, widths)
    if (widest === undefined) break
    widths[widest] = (widths[widest] as number) - 1
  }
  return cells.map((row) =>
    columns
      .map(({ align }, place) => fitted(row[place] ?? '', widths[place] as number, align))
      .join(gap)
      .trimEnd(),
  )
}

/** How wide the table is when nothing is cut. */
export function naturalWidth(columns: readonly Column[], rows: readonly (readonly string[])[]): number {
  return widthOf(columns.map(({ title }, place) => Math.max(lengthOf(title), ...rows.map((row) => lengthOf(row[place] ?? '')))))
}

/** At most so many characters, the last one of a longer text an ellipsis. */
export function cut(text: string, length: number): string {
  const characters = [...text]
  return characters.length <= length ? text : `${characters.slice(0, Math.max(0, length - 1)).join('')}…`
}

/** What others wrote, kept from drawing on the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '·')
}

function widestToCut(columns: readonly Column[], widths: readonly number[]): number | undefined {
  let widest: number | undefined
  for (const [place, { cutTo }] of columns.entries()) {
    const width = widths[place] as number
    if (cutTo !== undefined && width > cutTo && (widest === undefined || width > (widths[widest] as number))) widest = place
  }
  return widest
}

function fitted(text: string, width: number, align: Column['align']): string {
  const shown = cut(text, width)
  const padding = ' '.repeat(Math.max(0, width - lengthOf(shown)))
  return align === 'right' ? padding + shown : shown + padding
}

const lengthOf = (text: string): number => [...text].length
const widthOf = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + width + gap.length, -gap.length)

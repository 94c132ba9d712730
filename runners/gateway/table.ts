/**
 * Rows of an answer of the Runtime API that has a heading line starting with `#`, by column name. Fields are read by
 * name since each HAProxy version appends columns. Several answers of one command, with their headings, are one table.
 */
export function parseTable(answer: string, separator: ',' | ' '): Record<string, string>[] {
  const lines = answer.split('\n');
  const heading = lines.findIndex((line) => line.startsWith('# '));
  if (heading < 0) return [];
  const columns = (lines[heading] ?? '').slice(2).split(separator);
  return lines
    .slice(heading + 1)
    .filter((line) => line.trim() !== '' && line !== lines[heading])
    .map((line) => {
      const cells = line.split(separator);
      return Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? '']));
    });
}

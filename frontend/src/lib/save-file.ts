/** Hand a text to the reader as a file, named with the time it was taken. */
export function saveFile(name: string, text: string, ending = "csv", type = "text/csv"): void {
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(":", "");
  const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `${name}-${stamp}Z.${ending}`;
  link.click();
  URL.revokeObjectURL(address);
}

/** Takes terminal control out of text, so that a log reads as it was meant. */

// Operating system commands, control sequences, two-character escapes.
const ESCAPES = /\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?/g;
const CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;

/** Return the text without escapes; of lines that were overwritten (progress bars) the last state stays. */
export function plain(text: string): string {
  const kept = text.replace(ESCAPES, '').replace(/\r+\n/g, '\n');
  const lines = kept.includes('\r') ? kept.replace(/[^\n]*\r(?=[^\n])/g, '').replace(/\r/g, '') : kept;
  return lines.replace(CONTROLS, '');
}

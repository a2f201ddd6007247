/** When a batch of changes is shown: with a frame, a few times a second; rarely while the page is hidden. */

export type Schedule = (run: () => void) => void;

const GAP_MILLISECONDS = 100;
const HIDDEN_MILLISECONDS = 500;

/** Return a schedule of its own for one store. */
export function frames(): Schedule {
  let last = 0;
  return (run) => {
    const paint = (): void => {
      last = Date.now();
      run();
    };
    if (document.visibilityState === 'hidden') {
      setTimeout(paint, HIDDEN_MILLISECONDS);
      return;
    }
    const wait = last + GAP_MILLISECONDS - Date.now();
    if (wait <= 0) requestAnimationFrame(paint);
    else setTimeout(() => requestAnimationFrame(paint), wait);
  };
}

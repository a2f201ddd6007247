import { useEffect, useState, type RefObject } from 'react';
import type { Theme } from './plot';

/** Return the theme by the colour that is behind an element, also when it changes; null before it is known. */
export function useTheme(element: RefObject<HTMLElement>): Theme | null {
  const [theme, setTheme] = useState<Theme | null>(null);
  useEffect(() => {
    const look = (): void => setTheme(element.current && isDark(behind(element.current)) ? 'dark' : 'light');
    look();
    const observer = new MutationObserver(look);
    observer.observe(document.body, { attributes: true });
    return () => observer.disconnect();
  }, [element]);
  return theme;
}

function behind(element: HTMLElement): string {
  for (let at: HTMLElement | null = element; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (colour && !/^(transparent|rgba\(0, 0, 0, 0\))$/.test(colour)) return colour;
  }
  return 'rgb(255, 255, 255)';
}

export function isDark(colour: string): boolean {
  const [red = 255, green = 255, blue = 255] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
}

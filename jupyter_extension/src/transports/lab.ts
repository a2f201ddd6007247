/** The server through Jupyter's own: same origin, Jupyter's cookie and XSRF token; torc's token stays behind it. */

import { HttpTransport } from './http';

/** What is needed of JupyterLab's `ServerConnection.ISettings`. */
export interface LabSettings {
  baseUrl: string;
  token?: string;
}

export function labTransport(settings: LabSettings, cookies: () => string = () => document.cookie): HttpTransport {
  return new HttpTransport({ root: labRoot(settings), headers: () => labHeaders(settings, cookies()) });
}

export function labRoot(settings: LabSettings): string {
  return `${settings.baseUrl.replace(/\/*$/, '/')}torc/`;
}

export function labHeaders(settings: LabSettings, cookies: string): Record<string, string> {
  const xsrf = /(?:^|;\s*)_xsrf=([^;]*)/.exec(cookies)?.[1];
  return {
    ...(xsrf ? { 'X-XSRFToken': decodeURIComponent(xsrf) } : {}),
    ...(settings.token ? { Authorization: `token ${settings.token}` } : {}),
  };
}

/** Return where the Jupyter server of this page is, from the page itself; null outside of Jupyter. */
export function settingsOfPage(page: Document = document): LabSettings | null {
  const text = page.getElementById('jupyter-config-data')?.textContent;
  if (!text) return null;
  try {
    const config = JSON.parse(text) as { baseUrl?: string; token?: string };
    return config.baseUrl ? { baseUrl: config.baseUrl, ...(config.token ? { token: config.token } : {}) } : null;
  } catch {
    return null;
  }
}

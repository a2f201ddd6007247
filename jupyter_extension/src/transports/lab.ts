/** The server through Jupyter's own: same origin, Jupyter's cookie and XSRF token; torc's token stays behind it. */

import { TransportError } from '../core/transport';
import { HttpTransport } from './http';

/** What is needed of JupyterLab's `ServerConnection.ISettings`. */
export interface LabSettings {
  baseUrl: string;
  token?: string;
}

export function labTransport(settings: LabSettings, cookies: () => string = () => document.cookie): HttpTransport {
  return new HttpTransport({ root: labRoot(settings), headers: () => labHeaders(settings, cookies()) });
}

function labRoot(settings: LabSettings): string {
  return `${settings.baseUrl.replace(/\/*$/, '/')}torc/`;
}

function labHeaders(settings: LabSettings, cookies: string): Record<string, string> {
  const xsrf = /(?:^|;\s*)_xsrf=([^;]*)/.exec(cookies)?.[1];
  return {
    ...(xsrf ? { 'X-XSRFToken': decodeURIComponent(xsrf) } : {}),
    ...(settings.token ? { Authorization: `token ${settings.token}` } : {}),
  };
}

/** Return the address of the server behind the door; null when none answers there. */
export async function labServer(settings: LabSettings): Promise<string | null> {
  const response = await ask(settings, 'server');
  if (!response) throw new TransportError("Jupyter's server is out of reach.", 0);
  if (response.status === 404) throw new TransportError("Jupyter's server does not know torc.", 404);
  if (!response.ok) throw new TransportError(`Jupyter's server answered ${response.status}.`, response.status);
  return ((await response.json()) as { url: string | null }).url;
}

/** Return how a workflow stands as kernels show it, text and HTML; null when that cannot be had. */
export async function labSnapshot(
  settings: LabSettings,
  workflowId: number,
  mode: string,
): Promise<Record<string, string> | null> {
  const response = await ask(settings, `snapshots/${workflowId}?mode=${mode}`);
  return response?.ok ? ((await response.json()) as Record<string, string>) : null;
}

/** Return the reply of the door; null when Jupyter's server is out of reach. */
function ask(settings: LabSettings, address: string): Promise<Response | null> {
  const options: RequestInit = { credentials: 'same-origin', headers: labHeaders(settings, document.cookie) };
  return fetch(labRoot(settings) + address, options).catch(() => null);
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

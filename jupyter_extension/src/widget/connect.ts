/** How a widget in a notebook reaches the server. */

import type { Transport } from '../core/transport';
import { CommTransport, type CommModel } from '../transports/comm';
import { labServer, labTransport, settingsOfPage } from '../transports/lab';

export interface ServerModel extends CommModel {
  get(name: 'server'): string;
}

/** Return the way to the server: straight from the browser where Jupyter forwards to the same one, else the kernel. */
export async function connect(model: ServerModel): Promise<[place: string, transport: () => Transport]> {
  const settings = settingsOfPage();
  const wanted = model.get('server');
  if (settings && wanted) {
    try {
      if ((await labServer(settings)) === wanted) return [wanted, () => labTransport(settings)];
    } catch {
      // A Jupyter server without the extension.
    }
  }
  // A comm ends with its widget: nobody else can use it.
  return [`comm ${Math.random()}`, () => commOf(model)];
}

/** Return the comm of a widget for one of its views. */
export function commOf(model: ServerModel): CommTransport {
  return new CommTransport(model, Math.floor(Math.random() * 2 ** 40));
}

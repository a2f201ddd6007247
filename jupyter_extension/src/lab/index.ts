/** What torc adds to JupyterLab and Notebook 7. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { MIME_TYPE } from './data';
import { LiveOutput } from './output';
import { PLOTS_MIME_TYPE, PlotsOutput } from './plots';

/** Before the view of a widget, which is at 0 and needs a kernel. */
const RANK = -10;

const outputs: JupyterFrontEndPlugin<void> = {
  id: 'torc:outputs',
  description: 'Shows workflows and plots in the outputs of notebooks, straight from the server.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  activate: (app: JupyterFrontEnd, rendermime: IRenderMimeRegistry) => {
    const settings = app.serviceManager.serverSettings;
    rendermime.addFactory(
      {
        // The data are only numbers and names; what else is in the bundle goes through Lab's own renderers.
        safe: true,
        mimeTypes: [MIME_TYPE],
        createRenderer: () => new LiveOutput(rendermime, settings),
      },
      RANK,
    );
    rendermime.addFactory(
      {
        // Plots come with programs: of notebooks that are not trusted, Lab shows their pictures.
        safe: false,
        mimeTypes: [PLOTS_MIME_TYPE],
        createRenderer: () => new PlotsOutput(rendermime, settings),
      },
      RANK,
    );
  },
};

export default outputs;

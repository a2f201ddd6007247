import { useState, type JSX } from 'react';
import { clock, counted } from '../format';
import { asRecord } from '../jobs';
import type { StreamedEvent } from '../transport';
import { Message } from './Message';

const MOST = 200;

/** What happened, the newest first. */
export function EventList({ events }: { events: readonly StreamedEvent[] }): JSX.Element {
  const [onlyTrouble, setOnlyTrouble] = useState(false);
  const severe = (event: StreamedEvent): boolean => /warning|error/.test(String(asRecord(event.data).severity));
  const chosen = events.filter((event) => asRecord(event.data).severity !== 'debug' && (!onlyTrouble || severe(event)));
  const shown = chosen.slice(-MOST).reverse();
  return (
    <>
      <div className="jp-Torc-tools">
        <label className="jp-Torc-check">
          <input
            type="checkbox"
            checked={onlyTrouble}
            onChange={(event) => setOnlyTrouble(event.currentTarget.checked)}
          />
          Only warnings and errors
        </label>
        {chosen.length > MOST && <span className="jp-Torc-found">the newest {MOST}</span>}
      </div>
      {shown.length === 0 ? (
        <Message kind="empty">Nothing has happened yet.</Message>
      ) : (
        <ol className="jp-Torc-events" tabIndex={0} aria-label="Events, the newest first">
          {shown.map((event) => (
            <li key={event.id} className={`jp-Torc-event-${String(asRecord(event.data).severity)}`}>
              <time>{clock(Number(asRecord(event.data).timestamp))}</time>
              <span className="jp-Torc-eventType">{event.type.replaceAll('_', ' ')}</span>
              <span>{said(event)}</span>
            </li>
          ))}
        </ol>
      )}
    </>
  );
}

function said(event: StreamedEvent): string {
  const data = asRecord(asRecord(event.data).data);
  const words: string[] = [];
  if (typeof data.job_name === 'string') words.push(data.job_name);
  else if (Array.isArray(data.job_ids)) words.push(counted(data.job_ids.length, 'job'));
  else if (typeof data.name === 'string') words.push(data.name);
  if (typeof data.return_code === 'number' && data.return_code !== 0) words.push(`return code ${data.return_code}`);
  if (typeof data.reason === 'string') words.push(data.reason);
  return words.join(' · ');
}

import { useEffect, useRef, useState, type JSX } from 'react';

interface Props {
  label: string;
  question: string;
  yes: string;
  disabled?: boolean;
  onConfirm(): void;
}

/** A button that asks once before it does what cannot be undone. */
export function ConfirmButton({ label, question, yes, disabled = false, onConfirm }: Props): JSX.Element {
  const [asking, setAsking] = useState(false);
  const no = useRef<HTMLButtonElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const hasAsked = useRef(false);
  useEffect(() => {
    if (asking) no.current?.focus();
    else if (hasAsked.current) opener.current?.focus();
    hasAsked.current = asking;
  }, [asking]);
  if (!asking) {
    return (
      <button
        type="button"
        className="jp-Torc-button"
        ref={opener}
        disabled={disabled}
        onClick={() => setAsking(true)}
      >
        {label}
      </button>
    );
  }
  const answer = (confirmed: boolean): void => {
    setAsking(false);
    if (confirmed) onConfirm();
  };
  return (
    <span
      className="jp-Torc-confirm"
      role="group"
      aria-label={question}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        answer(false);
      }}
    >
      <span>{question}</span>
      <button type="button" className="jp-Torc-button jp-Torc-danger" onClick={() => answer(true)}>
        {yes}
      </button>
      <button type="button" className="jp-Torc-button" ref={no} onClick={() => answer(false)}>
        No
      </button>
    </span>
  );
}

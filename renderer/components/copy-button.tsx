import { useState } from 'react';

interface CopyButtonProps {
  /** What goes to the clipboard. */
  text: string;
  label: string;
  className: string;
}

/** Copies a text and says so until it loses the focus. */
export function CopyButton({ text, label, className }: CopyButtonProps) {
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    void navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <button type="button" className={className} title={text} onClick={copy} onBlur={() => setCopied(false)}>
      {copied ? 'Copied' : label}
    </button>
  );
}

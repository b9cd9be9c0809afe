import { useState } from 'react';

/** Members shown of one object or list. */
const MOST_MEMBERS = 200;

/** JSON as a tree that opens step by step. */
export function JsonView({ value }: { value: unknown }) {
  return (
    <div className="json">
      <Node name={undefined} value={value} open />
    </div>
  );
}

function Node({ name, value, open }: { name: string | undefined; value: unknown; open: boolean }) {
  const [isOpen, setOpen] = useState(open);
  const label = name === undefined ? null : <span className="json-name">{name}: </span>;
  if (typeof value !== 'object' || value === null) {
    return (
      <p>
        {label}
        <span data-kind={typeof value === 'string' ? 'string' : 'number'}>{JSON.stringify(value)}</span>
      </p>
    );
  }
  const members = Object.entries(value);
  const size = Array.isArray(value) ? `[${members.length}]` : `{${members.length}}`;
  const flat = JSON.stringify(value);
  if (members.length === 0 || (flat.length < 60 && members.every(([, item]) => typeof item !== 'object'))) {
    return (
      <p>
        {label}
        {flat}
      </p>
    );
  }
  return (
    <details open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        {label}
        <span className="dim">{size}</span>
      </summary>
      {isOpen && (
        <div className="json-members">
          {members.slice(0, MOST_MEMBERS).map(([key, item]) => (
            <Node key={key} name={key} value={item} open={members.length <= 12} />
          ))}
          {members.length > MOST_MEMBERS && <p className="dim">and {members.length - MOST_MEMBERS} more</p>}
        </div>
      )}
    </details>
  );
}

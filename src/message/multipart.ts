/**
 * A form's data as the browser would send it (https://html.spec.whatwg.org/#multipart-form-data). Not the browser's own: WebKitGTK 2.50 cannot read the body of a request
 * that was made of a `FormData` with a file in it ("Unable to read form data blob").
 */
export function multipart(data: FormData): Blob {
  const boundary = `----holdfast-${crypto.randomUUID()}`
  const parts = [...data].flatMap(([name, value]): BlobPart[] => [`--${boundary}\r\n${headOf(name, value)}`, contentOf(value), '\r\n'])
  return new Blob([...parts, `--${boundary}--\r\n`], { type: `multipart/form-data; boundary=${boundary}` })
}

function headOf(name: string, value: FormDataEntryValue): string {
  const disposition = `Content-Disposition: form-data; name="${escaped(withNetworkLines(name))}"`
  if (typeof value === 'string') return `${disposition}\r\n\r\n`
  return `${disposition}; filename="${escaped(value.name)}"\r\nContent-Type: ${value.type || 'application/octet-stream'}\r\n\r\n`
}

function contentOf(value: FormDataEntryValue): BlobPart {
  return typeof value === 'string' ? withNetworkLines(value) : value
}

function escaped(name: string): string {
  return name.replace(/\n/g, '%0A').replace(/\r/g, '%0D').replace(/"/g, '%22')
}

function withNetworkLines(text: string): string {
  return text.replace(/\r\n|\r|\n/g, '\r\n')
}

/** How wide a picture is drawn, in pixels of its canvas: enough for a dense screen, and little of what a camera gives. */
const WIDTH = 480

/**
 * Draws a picture, and hides the canvas where there is none, or none that this browser knows. A canvas, since the server's content security
 * policy allows no `blob:` URLs; and small, however large the photograph is.
 */
export async function drawPicture(canvas: HTMLCanvasElement, picture: Blob | undefined): Promise<void> {
  // While it is being read, another may be wanted.
  const turn = (Number(canvas.dataset['turn'] ?? 0) + 1).toString()
  canvas.dataset['turn'] = turn
  const bitmap = picture && (await createImageBitmap(picture, { resizeWidth: WIDTH, resizeQuality: 'medium' }).catch(() => undefined))
  if (canvas.dataset['turn'] === turn) show(canvas, bitmap)
  bitmap?.close()
}

function show(canvas: HTMLCanvasElement, bitmap: ImageBitmap | undefined): void {
  canvas.hidden = !bitmap
  if (!bitmap) return
  canvas.width = bitmap.width
  canvas.height = bitmap.height
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0)
}

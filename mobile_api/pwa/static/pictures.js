// Photos as the camera made them, which is evidence, and a small one of each to show here.

const SMALL_PX = 320;

/** @param {Blob} blob @returns {Promise<Blob | null>} null: the phone cannot draw it */
export async function small(blob) {
  try {
    const image = await createImageBitmap(blob);
    const scale = Math.min(1, SMALL_PX / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(image.width * scale));
    canvas.height = Math.max(1, Math.round(image.height * scale));
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    image.close();
    return await new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", 0.8); });
  } catch {
    return null;
  }
}

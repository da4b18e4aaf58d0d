const BLOCK_BYTES = 512

/** A tar archive (ustar) with a single text file, as a layer would be. */
export function tarArchive(name: string, text: string): Buffer {
  const file = Buffer.from(text)
  const header = Buffer.alloc(BLOCK_BYTES)
  header.write(name, 0)
  header.write('0000644\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${file.length.toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  // The checksum is taken over the header with spaces in the checksum's own place.
  header.write('        0', 148)
  header.write('ustar\x0000', 257)
  const checksum = header.reduce((sum, byte) => sum + byte, 0)
  header.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148)
  const padding = Buffer.alloc((BLOCK_BYTES - (file.length % BLOCK_BYTES)) % BLOCK_BYTES)
  return Buffer.concat([header, file, padding, Buffer.alloc(2 * BLOCK_BYTES)])
}

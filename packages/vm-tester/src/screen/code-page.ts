const UPPER =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ ';

/** The character that a PC's text console shows for a byte: code page 437; its control characters are blanks here. */
export function cp437(byte: number): string {
  if (byte < 0x20 || byte === 0x7f) return ' ';
  return byte < 0x80 ? String.fromCharCode(byte) : (UPPER[byte - 0x80] ?? ' ');
}

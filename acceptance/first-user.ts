/** Who is made at the first boot of an installed system, on a console or by GNOME's assistant. */
export const USER = 'phyllis';
export const FULL_NAME = 'Phyllis';
export const PASSWORD = 'correct horse battery staple';

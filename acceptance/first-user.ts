/**
 * Who is made at the first boot of an installed system, on a console or by GNOME's assistant. Typed by the keys of a US
 * keyboard, it is the same in those layouts that exchange y and z and have other symbols, as the leaves' does.
 */
export const USER = 'peter';
export const FULL_NAME = 'Peter';
export const PASSWORD = 'tulip4ever';

/** Prints who may log in and is a person, by name. */
export const PEOPLE = "awk -F: '$3 >= 1000 && $3 < 60000 { print $1 }' /etc/passwd";

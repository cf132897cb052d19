export const format = value => String(value);

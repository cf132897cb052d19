export const harbours = ['Ost', 'West'];

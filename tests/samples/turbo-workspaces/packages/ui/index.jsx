export const Loaf = ({ name, price }) => <p>{name}: {price}</p>;

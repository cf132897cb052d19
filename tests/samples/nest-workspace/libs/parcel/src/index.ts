export interface Parcel { id: string; grams: number }

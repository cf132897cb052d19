pub struct Parcel;

create table parcel (id uuid primary key);

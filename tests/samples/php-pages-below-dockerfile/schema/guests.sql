create table guests (name varchar(80) not null);

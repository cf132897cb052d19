class Item { const Item(this.id); final String id; }

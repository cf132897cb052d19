class StoreSpec

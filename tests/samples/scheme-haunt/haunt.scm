(use-modules (haunt site) (haunt reader))

(site #:title "Moor walks" #:readers (list commonmark-reader))

package store

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
)

type Store struct{ pool *pgxpool.Pool }

func Open(url string) *Store { p, _ := pgxpool.New(context.Background(), url); return &Store{p} }
func (s *Store) Save()       {}

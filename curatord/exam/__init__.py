"""Exams: questions kept out of training, asked and graded."""

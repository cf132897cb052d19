public static class Guard;

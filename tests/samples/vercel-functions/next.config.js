module.exports = { rewrites: async () => [{ source: '/api/:path*', destination: process.env.NODE_ENV === 'development' ? 'http://127.0.0.1:5328/api/:path*' : '/api/' }] };
